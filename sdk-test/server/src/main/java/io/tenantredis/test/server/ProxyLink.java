package io.tenantredis.test.server;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One client's connection through the proxy. Confined to the proxy's thread.
 *
 * <p>Commands and replies are matched by their order, as RESP has it: what waits for a reply stands
 * in a queue, and what the server sends belongs to the queue's head, unless it is a push or a
 * message of a subscription.
 */
final class ProxyLink {

  private static final int READ_SIZE = 64 * 1024;
  private static final int MAX_FRAME = 64 * 1024 * 1024;
  private static final int MAX_QUEUED_BYTES = 1024 * 1024;
  private static final int MAX_AWAITED_REPLIES = 100_000;
  private static final int TLS_HANDSHAKE = 0x16;

  private final ProxyLoop loop;
  private final int number;
  private final Side client;
  private final Side server;
  private final ArrayDeque<Awaited> awaited = new ArrayDeque<>();
  private final Set<String> subscriptions = new HashSet<>();
  private boolean opaque;
  private boolean blackHole;
  private boolean lostBytes;
  private boolean closed;

  /** What happens to the reply of a command. */
  interface ReplyStep {
    void take(byte[] reply);
  }

  /** A command whose reply has not passed yet, or the answer the proxy itself will give to it. */
  private static final class Awaited {
    static final Awaited PLAIN = new Awaited(1, null, null, false);

    final int frames;
    final @Nullable ReplyStep step;
    final byte @Nullable [] answer;
    final boolean subscription;

    Awaited(int frames, @Nullable ReplyStep step, byte @Nullable [] answer, boolean subscription) {
      this.frames = frames;
      this.step = step;
      this.answer = answer;
      this.subscription = subscription;
    }
  }

  /**
   * Bytes to write, not before their time.
   *
   * @param due a nanoTime, or 0 for at once
   * @param gap pause in nanoseconds between single bytes, or 0 to write them together
   */
  private record Segment(ByteBuffer bytes, long due, long gap, @Nullable Runnable then) {}

  /** One of the two sockets. */
  private static final class Side {
    final SocketChannel channel;
    final SelectionKey key;
    final RespFramer framer = new RespFramer();
    final ArrayDeque<Segment> out = new ArrayDeque<>();
    byte[] in = new byte[READ_SIZE];
    int start;
    int end;
    long queued;
    boolean inputEnded;
    boolean outputEnded;

    Side(SocketChannel channel, SelectionKey key) {
      this.channel = channel;
      this.key = key;
    }
  }

  ProxyLink(
      ProxyLoop loop, int number, SocketChannel accepted, SocketChannel upstream, Selector selector)
      throws IOException {
    this.loop = loop;
    this.number = number;
    this.client = new Side(accepted, accepted.register(selector, 0, this));
    this.server = new Side(upstream, upstream.register(selector, SelectionKey.OP_CONNECT, this));
  }

  /** Begins to connect to the server. */
  void connect(InetSocketAddress target) {
    try {
      if (server.channel.connect(target)) {
        updateInterest();
      }
    } catch (IOException e) {
      reset();
    }
  }

  // --- what a fault may do ---

  /** Sends the command on; its reply is handled by the step, or simply passed. */
  void forward(byte[] command, @Nullable ReplyStep step) {
    forwardAfter(command, step, 0);
  }

  void forwardAfter(byte[] command, @Nullable ReplyStep step, long delayNanos) {
    SeenCommand seen = SeenCommand.parse(number, command, 0, command.length);
    await(seen, step);
    enqueue(server, command, delayNanos, null);
  }

  /** Gives the client this reply in the command's turn, without sending the command on. */
  void answer(byte[] reply) {
    awaited.add(new Awaited(0, null, reply, false));
    giveAnswers();
  }

  void toClient(byte[] bytes) {
    enqueue(client, bytes, loop.latencyNanos(), null);
  }

  void toClientInSingleBytes(byte[] bytes, long gapNanos) {
    enqueue(client, bytes, loop.latencyNanos(), gapNanos, null);
  }

  void toClientAfter(byte[] bytes, long delayNanos, @Nullable Runnable then) {
    enqueue(client, bytes, loop.latencyNanos() + delayNanos, then);
  }

  /** From now on nothing passes in either direction. */
  void blackHole() {
    blackHole = true;
    lostBytes = true;
  }

  /** Ends the connection so that both sides see a reset. */
  void reset() {
    for (Side side : new Side[] {client, server}) {
      try {
        side.channel.setOption(StandardSocketOptions.SO_LINGER, 0);
      } catch (IOException ignored) {
        // It is closed already.
      }
    }
    close();
  }

  void close() {
    if (!closed) {
      closed = true;
      closeQuietly(client.channel);
      closeQuietly(server.channel);
      loop.closed(this);
    }
  }

  // --- what the loop calls ---

  boolean hasLostBytes() {
    return lostBytes;
  }

  int number() {
    return number;
  }

  void ready(SelectionKey key) {
    try {
      if (key.isConnectable()) {
        server.channel.finishConnect();
      }
      if (key.isReadable()) {
        read(key == client.key ? client : server);
      }
      if (!closed) {
        flush(client);
      }
      if (!closed) {
        flush(server);
      }
      updateInterest();
    } catch (IOException e) {
      reset();
    }
  }

  /** When a queued segment becomes due; Long.MAX_VALUE when none waits. */
  long nextDue() {
    return Math.min(nextDue(client), nextDue(server));
  }

  private static long nextDue(Side side) {
    Segment head = side.out.peek();
    return head == null || head.due == 0 ? Long.MAX_VALUE : head.due;
  }

  /** Writes what has become due, and reads or stops reading as the loop now says. */
  void refresh() {
    if (closed) {
      return;
    }
    try {
      if (server.channel.isConnected()) {
        flush(client);
        if (!closed) {
          flush(server);
        }
      }
      updateInterest();
    } catch (IOException e) {
      reset();
    }
  }

  private void updateInterest() {
    if (closed || !client.key.isValid() || !server.key.isValid()) {
      return;
    }
    if (!server.channel.isConnected()) {
      server.key.interestOps(SelectionKey.OP_CONNECT);
      return;
    }
    long now = System.nanoTime();
    boolean mayReadClient =
        server.queued < MAX_QUEUED_BYTES && awaited.size() < MAX_AWAITED_REPLIES;
    boolean mayReadServer = client.queued < MAX_QUEUED_BYTES;
    client.key.interestOps(readInterest(client, mayReadClient) | writeInterest(client, now));
    server.key.interestOps(readInterest(server, mayReadServer) | writeInterest(server, now));
  }

  private int readInterest(Side side, boolean mayRead) {
    return mayRead && !side.inputEnded && !loop.stoppedReading() ? SelectionKey.OP_READ : 0;
  }

  private static int writeInterest(Side side, long now) {
    Segment head = side.out.peek();
    return head != null && (head.due == 0 || head.due - now <= 0) ? SelectionKey.OP_WRITE : 0;
  }

  private void read(Side side) throws IOException {
    if (side.end == side.in.length) {
      makeRoom(side);
    }
    int count = side.channel.read(ByteBuffer.wrap(side.in, side.end, side.in.length - side.end));
    if (count < 0) {
      endOfInput(side);
      return;
    }
    side.end += count;
    if (opaque) {
      passAll(side);
    } else if (side == client) {
      commands();
    } else {
      replies();
    }
  }

  private static void makeRoom(Side side) throws IOException {
    int length = side.end - side.start;
    if (length >= MAX_FRAME) {
      throw new IOException("a command or reply is longer than " + MAX_FRAME + " bytes");
    }
    byte[] target = length > side.in.length / 2 ? new byte[side.in.length * 2] : side.in;
    System.arraycopy(side.in, side.start, target, 0, length);
    side.in = target;
    side.start = 0;
    side.end = length;
  }

  private void endOfInput(Side side) {
    side.inputEnded = true;
    if (side.end > side.start) {
      passAll(side);
    }
    if (side == server) {
      enqueue(client, new byte[0], loop.latencyNanos(), this::close);
    } else {
      enqueue(server, new byte[0], 0, this::endServerOutput);
    }
  }

  private void endServerOutput() {
    if (!server.outputEnded) {
      server.outputEnded = true;
      try {
        server.channel.shutdownOutput();
      } catch (IOException e) {
        close();
      }
    }
  }

  private void passAll(Side from) {
    byte[] bytes = Arrays.copyOfRange(from.in, from.start, from.end);
    from.start = 0;
    from.end = 0;
    if (from == client) {
      enqueue(server, bytes, 0, null);
    } else {
      toClient(bytes);
    }
  }

  private void commands() {
    Side in = client;
    int passFrom = in.start;
    while (in.start < in.end && !closed) {
      int end = commandEnd(in);
      if (end == RespFramer.NOT_RESP) {
        opaque = true;
        break;
      }
      if (end == RespFramer.INCOMPLETE) {
        break;
      }
      SeenCommand seen = SeenCommand.parse(number, in.in, in.start, end);
      if (!seen.name().isEmpty()) {
        WireFault fault = loop.seen(seen);
        if (fault == null) {
          await(seen, null);
        } else {
          byte[] command = Arrays.copyOfRange(in.in, in.start, end);
          pass(in, passFrom, in.start);
          passFrom = end;
          fault.strike(this, command);
        }
      }
      in.start = end;
    }
    if (!closed) {
      pass(in, passFrom, in.start);
      afterParsing(in);
    }
  }

  private static int commandEnd(Side in) {
    byte first = in.in[in.start];
    if (first == '*' || !in.framer.atBoundary()) {
      return in.framer.frameEnd(in.in, in.start, in.end);
    }
    if (first == TLS_HANDSHAKE) {
      return RespFramer.NOT_RESP;
    }
    int line = RespFramer.lineEnd(in.in, in.start, in.end);
    return line < 0 ? RespFramer.INCOMPLETE : line + 1;
  }

  private void replies() {
    Side in = server;
    int passFrom = in.start;
    while (in.start < in.end && !closed) {
      int end = in.framer.frameEnd(in.in, in.start, in.end);
      if (end == RespFramer.NOT_RESP) {
        opaque = true;
        break;
      }
      if (end == RespFramer.INCOMPLETE) {
        break;
      }
      Awaited head = isOutOfBand(in.in, in.start, end) ? null : awaited.poll();
      if (head != null) {
        if (head.step != null) {
          byte[] reply = Arrays.copyOfRange(in.in, in.start, end);
          pass(in, passFrom, in.start);
          passFrom = end;
          head.step.take(reply);
        }
        if (head.frames > 1) {
          awaited.addFirst(new Awaited(head.frames - 1, head.step, null, head.subscription));
        }
        Awaited next = awaited.peek();
        if (next != null && next.answer != null && !closed) {
          pass(in, passFrom, end);
          passFrom = end;
          giveAnswers();
        }
      }
      in.start = end;
    }
    if (!closed) {
      pass(in, passFrom, in.start);
      afterParsing(in);
    }
  }

  private void afterParsing(Side in) {
    if (opaque) {
      passAll(in);
    } else if (in.start == in.end) {
      in.start = 0;
      in.end = 0;
      if (in.in.length > READ_SIZE) {
        in.in = new byte[READ_SIZE];
      }
    }
  }

  private void pass(Side from, int start, int end) {
    if (end > start) {
      byte[] bytes = Arrays.copyOfRange(from.in, start, end);
      enqueue(
          from == client ? server : client, bytes, from == client ? 0 : loop.latencyNanos(), null);
    }
  }

  private void giveAnswers() {
    while (true) {
      Awaited head = awaited.peek();
      if (head == null || head.answer == null) {
        return;
      }
      awaited.poll();
      toClient(head.answer);
    }
  }

  // --- which reply belongs to which command ---

  private void await(SeenCommand command, @Nullable ReplyStep step) {
    int frames = subscriptionReplies(command);
    awaited.add(
        step == null && frames == 0
            ? Awaited.PLAIN
            : new Awaited(Math.max(1, frames), step, null, frames > 0));
  }

  /** A (un)subscribe command is answered once for each channel; 0 for any other command. */
  private int subscriptionReplies(SeenCommand command) {
    String kind =
        switch (command.name()) {
          case "SUBSCRIBE", "UNSUBSCRIBE" -> "c:";
          case "PSUBSCRIBE", "PUNSUBSCRIBE" -> "p:";
          case "SSUBSCRIBE", "SUNSUBSCRIBE" -> "s:";
          default -> "";
        };
    if (kind.isEmpty()) {
      return 0;
    }
    var channels =
        command.args().subList(1, command.args().size()).stream().map(kind::concat).toList();
    if (!command.name().contains("UNSUB")) {
      subscriptions.addAll(channels);
      return Math.max(1, channels.size());
    }
    if (!channels.isEmpty()) {
      channels.forEach(subscriptions::remove);
      return channels.size();
    }
    int all = (int) subscriptions.stream().filter(name -> name.startsWith(kind)).count();
    subscriptions.removeIf(name -> name.startsWith(kind));
    return Math.max(1, all);
  }

  private boolean isOutOfBand(byte[] bytes, int start, int end) {
    Awaited head = awaited.peek();
    if (head == null) {
      return true;
    }
    if (bytes[start] == '>') {
      return !(head.subscription && firstElement(bytes, start, end).endsWith("subscribe"));
    }
    if (bytes[start] == '*' && (head.subscription || !subscriptions.isEmpty())) {
      String kind = firstElement(bytes, start, end);
      return kind.equals("message") || kind.equals("pmessage") || kind.equals("smessage");
    }
    return false;
  }

  private static String firstElement(byte[] bytes, int start, int end) {
    int line = RespFramer.lineEnd(bytes, start, end);
    if (line < 0 || line + 1 >= end || bytes[line + 1] != '$') {
      return "";
    }
    int second = RespFramer.lineEnd(bytes, line + 1, end);
    int length = RespFramer.number(bytes, line + 2, second);
    return length < 0
        ? ""
        : new String(bytes, second + 1, Math.min(length, 32), StandardCharsets.US_ASCII);
  }

  // --- writing ---

  private void enqueue(Side to, byte[] bytes, long delayNanos, @Nullable Runnable then) {
    enqueue(to, bytes, delayNanos, 0, then);
  }

  private void enqueue(
      Side to, byte[] bytes, long delayNanos, long gapNanos, @Nullable Runnable then) {
    if (blackHole || loop.blackHole()) {
      lostBytes = true;
      return;
    }
    long due = delayNanos == 0 ? 0 : System.nanoTime() + delayNanos;
    to.out.add(new Segment(ByteBuffer.wrap(bytes), due, gapNanos, then));
    to.queued += bytes.length;
    if (due != 0) {
      loop.delayed(this);
    }
  }

  private void flush(Side side) throws IOException {
    if ((blackHole || loop.blackHole()) && !side.out.isEmpty()) {
      side.out.clear();
      side.queued = 0;
      lostBytes = true;
      return;
    }
    while (true) {
      Segment head = side.out.peek();
      if (head == null || (head.due != 0 && head.due - System.nanoTime() > 0)) {
        return;
      }
      if (head.gap > 0 && head.bytes.remaining() > 1) {
        writeByte(side, head);
        return;
      }
      side.queued -= side.channel.write(head.bytes);
      if (head.bytes.hasRemaining()) {
        return;
      }
      side.out.poll();
      if (head.then != null) {
        head.then.run();
        if (closed) {
          return;
        }
        if (blackHole) {
          // What was queued behind it is lost as well.
          flush(side);
          return;
        }
      }
    }
  }

  private void writeByte(Side side, Segment head) throws IOException {
    ByteBuffer one = head.bytes.slice().limit(1);
    if (side.channel.write(one) == 1) {
      head.bytes.get();
      side.queued--;
      side.out.poll();
      // Due after this byte was written, not after the last one was due: a late thread must not
      // write two at once.
      side.out.addFirst(new Segment(head.bytes, System.nanoTime() + head.gap, head.gap, head.then));
      loop.delayed(this);
    }
  }

  private static void closeQuietly(SocketChannel channel) {
    try {
      channel.close();
    } catch (IOException ignored) {
      // It is unusable either way.
    }
  }
}
