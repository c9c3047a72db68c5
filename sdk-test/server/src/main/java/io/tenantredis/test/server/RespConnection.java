package io.tenantredis.test.server;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.locks.ReentrantLock;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;

/**
 * A small blocking connection to a Redis server: what it is told goes to the socket unchanged, what
 * comes back is what the server said. Tests use it as the administrator, and as the client that
 * nothing guards.
 *
 * <p>Replies are Java values: simple, bulk and verbatim strings {@link String}, integers {@link
 * Long}, doubles {@link Double}, booleans {@link Boolean}, big numbers {@link
 * java.math.BigInteger}, arrays {@link List}, sets {@link java.util.Set}, maps {@link
 * java.util.Map}, null {@code null}, errors within another reply {@link RespError}. Attributes are
 * skipped. Pushes of RESP3 are set aside for {@link #nextPush(Duration)}.
 *
 * <p>Thread-safe: one command (with its reply) or one pipeline at a time. {@link #send}, {@link
 * #sendRaw} and {@link #receive()} are for one thread that speaks the protocol by hand.
 *
 * <p>Every method that uses the socket throws {@link UncheckedIOException} when the connection
 * fails or a reply does not arrive within the timeout (10 seconds unless {@link #timeout(Duration)}
 * said otherwise); the connection is then closed, because a late reply would be taken for another
 * command's.
 */
public final class RespConnection implements AutoCloseable {

  static final Duration DEFAULT_TIMEOUT = Duration.ofSeconds(10);
  private static final int MAX_PUSHES = 10_000;

  private final Socket socket;
  private final OutputStream out;
  private final RespReader reader;
  private final ReentrantLock lock = new ReentrantLock();
  private final ArrayDeque<RespPush> pushes = new ArrayDeque<>();
  private volatile boolean open = true;

  private RespConnection(Socket socket) throws IOException {
    this.socket = socket;
    this.out = socket.getOutputStream();
    this.reader = new RespReader(socket.getInputStream());
  }

  /**
   * Opens a connection and sends nothing.
   *
   * @throws UncheckedIOException when nobody listens there
   */
  public static RespConnection connect(String host, int port) {
    return open(host, port, null);
  }

  /**
   * Opens a connection with TLS and completes the handshake. The server's name is not compared with
   * its certificate.
   *
   * @throws UncheckedIOException when nobody listens there or the handshake fails
   */
  public static RespConnection connect(String host, int port, SSLContext tls) {
    return open(host, port, Objects.requireNonNull(tls, "tls"));
  }

  private static RespConnection open(String host, int port, @Nullable SSLContext tls) {
    Socket socket = new Socket();
    try {
      int millis = (int) DEFAULT_TIMEOUT.toMillis();
      socket.connect(new InetSocketAddress(host, port), millis);
      socket.setTcpNoDelay(true);
      socket.setSoTimeout(millis);
      if (tls != null) {
        var secure = (SSLSocket) tls.getSocketFactory().createSocket(socket, host, port, true);
        secure.startHandshake();
        socket = secure;
      }
      return new RespConnection(socket);
    } catch (IOException e) {
      closeQuietly(socket);
      throw new UncheckedIOException(
          "cannot connect to " + host + ":" + port + ": " + e.getMessage(), e);
    }
  }

  /**
   * How long to wait for the bytes of a reply.
   *
   * @param timeout from one millisecond up
   * @return this connection
   */
  public RespConnection timeout(Duration timeout) {
    if (timeout.toMillis() < 1 || timeout.toMillis() > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(
          "timeout must be from 1 ms to " + Integer.MAX_VALUE + " ms: " + timeout);
    }
    onSocket(
        () -> {
          socket.setSoTimeout((int) timeout.toMillis());
          return null;
        });
    return this;
  }

  /**
   * Authenticates with {@code AUTH user password}.
   *
   * @return this connection
   * @throws RespErrorException when the server refuses
   */
  public RespConnection auth(String user, String password) {
    command("AUTH", user, password);
    return this;
  }

  /**
   * Changes to RESP3 with {@code HELLO 3}.
   *
   * @return this connection
   * @throws RespErrorException when the server refuses
   */
  public RespConnection resp3() {
    command("HELLO", "3");
    return this;
  }

  /**
   * Sends one command and waits for its reply; strings both ways are UTF-8.
   *
   * @throws RespErrorException when the reply is an error
   */
  public @Nullable Object command(String... args) {
    return orThrow(tryCommand(args));
  }

  /**
   * Sends one command and waits for its reply, with bulk strings as {@code byte[]}.
   *
   * @throws RespErrorException when the reply is an error
   */
  public @Nullable Object commandBytes(byte[]... args) {
    return orThrow(
        onSocket(
            () -> {
              out.write(encode(args));
              return nextReply(false);
            }));
  }

  /** Like {@link #command}, but an error is returned as a {@link RespError}. */
  public @Nullable Object tryCommand(String... args) {
    return onSocket(
        () -> {
          out.write(encode(args));
          return nextReply(true);
        });
  }

  /**
   * Like {@link #command}, for a reply that is text: a status, a bulk string, or a number's digits.
   *
   * @throws RespErrorException when the reply is an error
   * @throws IllegalStateException when the reply is null or an aggregate
   */
  public String text(String... args) {
    Object reply = command(args);
    if (reply instanceof String || reply instanceof Number) {
      return reply.toString();
    }
    throw unexpected(args, reply);
  }

  /**
   * Like {@link #command}, for a reply that is an integer.
   *
   * @throws RespErrorException when the reply is an error
   * @throws IllegalStateException when the reply is anything else
   */
  public long integer(String... args) {
    if (command(args) instanceof Long number) {
      return number;
    }
    throw new IllegalStateException("the reply to " + name(args) + " is not an integer");
  }

  /**
   * Like {@link #command}, for a reply that is an array.
   *
   * @throws RespErrorException when the reply is an error
   * @throws IllegalStateException when the reply is anything else
   */
  @SuppressWarnings("unchecked")
  public List<@Nullable Object> list(String... args) {
    Object reply = command(args);
    if (reply instanceof List<?>) {
      return (List<@Nullable Object>) reply;
    }
    throw unexpected(args, reply);
  }

  /**
   * Sends all commands in one write and then reads all replies; an error is a {@link RespError} in
   * its place.
   *
   * @return as many replies as there were commands, in their order
   */
  public List<@Nullable Object> pipeline(List<String[]> commands) {
    List<@Nullable Object> replies = new ArrayList<>(commands.size());
    onSocket(
        () -> {
          ByteArrayOutputStream batch = new ByteArrayOutputStream();
          for (String[] command : commands) {
            batch.write(encode(command));
          }
          out.write(batch.toByteArray());
          for (int i = 0; i < commands.size(); i++) {
            replies.add(nextReply(true));
          }
          return null;
        });
    return replies;
  }

  /** Sends a command and does not wait for its reply, which {@link #receive()} reads. */
  public void send(String... args) {
    sendRaw(encode(args));
  }

  /** Sends these bytes as they are, whether or not they are a command. */
  public void sendRaw(byte[] bytes) {
    onSocket(
        () -> {
          out.write(bytes);
          return null;
        });
  }

  /**
   * Reads the next thing the server sends: a reply (an error as a {@link RespError}) or a {@link
   * RespPush}. A subscribed connection reads its messages with this.
   */
  public @Nullable Object receive() {
    return onSocket(
        () -> {
          RespPush push = pushes.poll();
          return push != null ? push : reader.read(true);
        });
  }

  /**
   * The next push of RESP3: one that arrived before an earlier reply, or the next one from the
   * socket.
   *
   * @param timeout how long to wait, from one millisecond up
   * @return the push, or null when none came in time; the connection stays usable
   * @throws IllegalStateException when something other than a push arrives
   */
  public @Nullable RespPush nextPush(Duration timeout) {
    return onSocket(
        () -> {
          RespPush push = pushes.poll();
          if (push != null) {
            return push;
          }
          int before = socket.getSoTimeout();
          socket.setSoTimeout((int) Math.max(1, timeout.toMillis()));
          try {
            if (!reader.awaitByte()) {
              return null;
            }
          } finally {
            socket.setSoTimeout(before);
          }
          if (reader.read(true) instanceof RespPush arrived) {
            return arrived;
          }
          throw new IllegalStateException("a reply arrived where a push was awaited");
        });
  }

  /** Whether the connection is usable as far as this side knows. */
  public boolean isOpen() {
    return open;
  }

  /** The local port of the socket, as {@code CLIENT LIST} shows it in {@code addr}. */
  public int localPort() {
    return socket.getLocalPort();
  }

  /** Closes the socket, also under a thread that waits for a reply. Closing again does nothing. */
  @Override
  public void close() {
    open = false;
    closeQuietly(socket);
  }

  private @Nullable Object nextReply(boolean text) throws IOException {
    while (true) {
      Object reply = reader.read(text);
      if (!(reply instanceof RespPush push)) {
        return reply;
      }
      if (pushes.size() == MAX_PUSHES) {
        throw new IOException("more than " + MAX_PUSHES + " pushes arrived that nobody read");
      }
      pushes.add(push);
    }
  }

  private interface SocketUse<T> {
    @Nullable T run() throws IOException;
  }

  private <T> @Nullable T onSocket(SocketUse<T> use) {
    lock.lock();
    try {
      return use.run();
    } catch (SocketTimeoutException e) {
      close();
      throw new UncheckedIOException("no reply in time; the connection is closed", e);
    } catch (IOException e) {
      close();
      throw new UncheckedIOException(e);
    } finally {
      lock.unlock();
    }
  }

  private static @Nullable Object orThrow(@Nullable Object reply) {
    if (reply instanceof RespError error) {
      throw new RespErrorException(error);
    }
    return reply;
  }

  private static IllegalStateException unexpected(String[] args, @Nullable Object reply) {
    return new IllegalStateException(
        "the reply to "
            + name(args)
            + " is "
            + (reply == null ? "null" : "a " + reply.getClass().getSimpleName()));
  }

  private static String name(String[] args) {
    return args.length == 0 ? "an empty command" : args[0];
  }

  static byte[] encode(String... args) {
    byte[][] bytes = new byte[args.length][];
    for (int i = 0; i < args.length; i++) {
      bytes[i] = args[i].getBytes(StandardCharsets.UTF_8);
    }
    return encode(bytes);
  }

  static byte[] encode(byte[]... args) {
    ByteArrayOutputStream encoded = new ByteArrayOutputStream();
    header(encoded, '*', args.length);
    for (byte[] arg : args) {
      header(encoded, '$', arg.length);
      encoded.writeBytes(arg);
      encoded.write('\r');
      encoded.write('\n');
    }
    return encoded.toByteArray();
  }

  private static void header(ByteArrayOutputStream encoded, char type, int number) {
    encoded.writeBytes(
        (type + Integer.toString(number) + "\r\n").getBytes(StandardCharsets.US_ASCII));
  }

  private static void closeQuietly(Socket socket) {
    try {
      socket.close();
    } catch (IOException ignored) {
      // The socket is unusable either way.
    }
  }
}
