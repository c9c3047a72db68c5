package io.tenantredis.internal.pubsub;

import io.tenantredis.TenantId;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What one subscription still has to tell its receiver: a bounded queue between the event loop,
 * which never waits, and an executor, on which the receiver is called, one call after the other.
 *
 * <p>When it is full the oldest messages go, and before the next one the receiver hears how many.
 * Of gaps and of interruptions it holds one each, in the place of the latest. Thread-safe.
 */
final class Mailbox implements Runnable {

  private static final Logger LOG = LoggerFactory.getLogger("io.tenantredis.pubsub");

  /** After so many calls others that share the executor get a turn. */
  private static final int CALLS_OF_A_TURN = 64;

  /** What a message takes beside its bytes, about. */
  private static final int OVERHEAD_BYTES = 128;

  private final TenantId tenant;
  private final MessageReceiver receiver;
  private final Executor executor;
  private final int maxMessages;
  private final long maxBytes;
  private final Deque<Item> items = new ArrayDeque<>();
  private int messages;
  private long bytes;
  private long demand;
  private long untold;
  private long dropped;
  private @Nullable Item gap;
  private @Nullable Item interruption;
  private boolean scheduled;
  private boolean closed;

  /**
   * @param demand how many messages the receiver takes before it {@linkplain #request asks} for
   *     more; {@link Long#MAX_VALUE} for all
   */
  Mailbox(
      TenantId tenant,
      MessageReceiver receiver,
      Executor executor,
      int maxMessages,
      long maxBytes,
      long demand) {
    this.tenant = tenant;
    this.receiver = receiver;
    this.executor = executor;
    this.maxMessages = maxMessages;
    this.maxBytes = maxBytes;
    this.demand = demand;
  }

  private interface Item {
    void tell(MessageReceiver receiver);
  }

  private record Message(@Nullable ByteBuffer pattern, ByteBuffer channel, ByteBuffer payload)
      implements Item {

    long size() {
      return (pattern == null ? 0L : pattern.capacity())
          + channel.capacity()
          + payload.capacity()
          + OVERHEAD_BYTES;
    }

    @Override
    public void tell(MessageReceiver receiver) {
      receiver.message(pattern, channel, payload);
    }
  }

  /**
   * Takes a message.
   *
   * @return how many there was no room for: of older ones, or this one, if it alone is too large
   */
  int offer(@Nullable ByteBuffer pattern, ByteBuffer channel, ByteBuffer payload) {
    Message message = new Message(pattern, channel, payload);
    int lost = 0;
    boolean schedule;
    synchronized (items) {
      if (closed) {
        return 0;
      }
      items.add(message);
      messages++;
      bytes += message.size();
      while (messages > maxMessages || bytes > maxBytes) {
        dropOldest();
        lost++;
      }
      untold += lost;
      dropped += lost;
      schedule = schedule();
    }
    if (schedule) {
      execute();
    }
    return lost;
  }

  /** Called with the lock held, and with a message in the queue. */
  private void dropOldest() {
    var waiting = items.iterator();
    while (true) {
      if (waiting.next() instanceof Message oldest) {
        waiting.remove();
        taken(oldest);
        return;
      }
    }
  }

  private void taken(Message message) {
    messages--;
    bytes -= message.size();
  }

  /** Messages may be missing because the connection was lost. */
  void gap() {
    boolean schedule;
    synchronized (items) {
      if (closed) {
        return;
      }
      items.remove(gap);
      gap = receiver -> receiver.gap(0);
      items.add(gap);
      schedule = schedule();
    }
    if (schedule) {
      execute();
    }
  }

  /** No messages come for now. */
  void interrupted(RuntimeException cause) {
    boolean schedule;
    synchronized (items) {
      if (closed) {
        return;
      }
      items.remove(interruption);
      interruption = receiver -> receiver.interrupted(cause);
      items.add(interruption);
      schedule = schedule();
    }
    if (schedule) {
      execute();
    }
  }

  /**
   * Nothing more comes.
   *
   * @param failure why; if there is one, the receiver first gets what waits for it
   */
  void close(@Nullable RuntimeException failure) {
    boolean schedule;
    synchronized (items) {
      if (closed) {
        return;
      }
      closed = true;
      if (failure == null) {
        items.clear();
        messages = 0;
        bytes = 0;
        untold = 0;
      }
      items.add(receiver -> receiver.closed(failure));
      schedule = schedule();
    }
    if (schedule) {
      execute();
    }
  }

  /** The receiver takes so many more messages. */
  void request(long more) {
    boolean schedule;
    synchronized (items) {
      demand = demand + more < 0 ? Long.MAX_VALUE : demand + more;
      schedule = schedule();
    }
    if (schedule) {
      execute();
    }
  }

  /** Tries again what the executor rejected. */
  void sweep() {
    boolean schedule;
    synchronized (items) {
      schedule = schedule();
    }
    if (schedule) {
      execute();
    }
  }

  /** How many messages there was no room for. */
  long dropped() {
    synchronized (items) {
      return dropped;
    }
  }

  /** Whether to execute this; called with the lock held. */
  private boolean schedule() {
    if (scheduled || !isReady()) {
      return false;
    }
    scheduled = true;
    return true;
  }

  private boolean isReady() {
    Item first = items.peek();
    return untold > 0 || (first != null && (demand > 0 || !(first instanceof Message)));
  }

  private void execute() {
    try {
      executor.execute(this);
    } catch (RuntimeException busy) {
      // Rejected, or whatever else an application's executor throws: what waits stays, within its
      // bounds, and is tried again with the next item or sweep.
      synchronized (items) {
        scheduled = false;
      }
    }
  }

  @Override
  public void run() {
    for (int calls = 0; calls < CALLS_OF_A_TURN; calls++) {
      Item item = next();
      if (item == null) {
        return;
      }
      try {
        item.tell(receiver);
      } catch (Throwable failure) {
        // Whatever it is: without this turn's end nothing would ever be told again.
        LOG.warn(
            "LISTENER_FAILED A listener of tenant {} failed; its subscription goes on",
            tenant,
            failure);
      }
    }
    execute();
  }

  /** The next thing to tell; null, and somebody else may run, if there is none. */
  private @Nullable Item next() {
    synchronized (items) {
      if (!isReady()) {
        scheduled = false;
        return null;
      }
      if (untold > 0) {
        long number = untold;
        untold = 0;
        return receiver -> receiver.gap(number);
      }
      Item item = items.remove();
      if (item instanceof Message message) {
        taken(message);
        demand -= demand == Long.MAX_VALUE ? 0 : 1;
      }
      return item;
    }
  }
}
