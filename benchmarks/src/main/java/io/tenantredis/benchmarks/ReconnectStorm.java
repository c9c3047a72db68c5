package io.tenantredis.benchmarks;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.PriorityQueue;
import java.util.Random;

/**
 * What follows when a server comes back after all connections to it were lost: each tenant in use
 * has commands all the time, so that each connection is wanted again at once.
 *
 * <p>The server makes one connection after the other, in the order in which they were begun, and
 * also those that nobody waits for any more. An instance begins so many at a time, first come first
 * served, and gives up each that took longer than the connect timeout, waiting for its turn
 * included; the next attempt is made after a wait that doubles, up to half of it taken off at
 * random. Lost packets and commands beside the connects are left out.
 *
 * @param instances of the application
 * @param connections of each instance
 * @param concurrent {@code maxConcurrentConnects}
 * @param serverPerSecond how many connections the server can make in a second
 * @param backlog how many may wait for the server; TCP asks again for one more after a second, then
 *     after two, four and so on
 * @param spreadNanos over how long the first commands of the tenants are spread
 * @param latencyNanos how long one takes besides, for the network
 * @param timeoutNanos the connect timeout
 * @param firstDelayNanos {@code firstReconnectDelay}
 * @param longestDelayNanos {@code longestReconnectDelay}
 */
record ReconnectStorm(
    int instances,
    int connections,
    int concurrent,
    double serverPerSecond,
    long backlog,
    long spreadNanos,
    long latencyNanos,
    long timeoutNanos,
    long firstDelayNanos,
    long longestDelayNanos) {

  /**
   * What became of it.
   *
   * @param seconds until all connections were there, or infinity if they were not in time
   * @param secondsOfMost until 99 of 100 were
   * @param begun how many the server was asked for
   * @param timedOut how many attempts were given up
   * @param queueSeconds the most work that stood before the server, which is how long a command of
   *     those who are connected already waits
   */
  record Outcome(
      double seconds, double secondsOfMost, long begun, long timedOut, double queueSeconds) {

    /** Of the server's work, which part nobody was there to use. */
    double wasted(long made) {
      return begun == 0 ? 0 : 1 - (double) made / begun;
    }
  }

  private static final int MAX_DOUBLINGS = 30;
  private static final long FIRST_RETRANSMISSION = 1_000_000_000L;

  private enum What {
    WANTED,
    ASKED_AGAIN,
    MADE,
    TOO_LATE
  }

  private record Event(long at, long order, What what, int connection, int attempt)
      implements Comparable<Event> {

    @Override
    public int compareTo(Event other) {
      int byTime = Long.compare(at, other.at);
      return byTime != 0 ? byTime : Long.compare(order, other.order);
    }
  }

  /**
   * Plays it.
   *
   * @param seed of all chance
   * @param limitNanos when to stop
   */
  Outcome play(long seed, long limitNanos) {
    return new Run(seed).play(limitNanos);
  }

  private final class Run {

    private final Random random;
    private final PriorityQueue<Event> events = new PriorityQueue<>();
    private final int all = instances * connections;
    private final int[] attempts = new int[all];
    private final boolean[] waiting = new boolean[all];
    private final boolean[] underWay = new boolean[all];
    private final int[] refusals = new int[all];
    private final Deque<Event>[] turns = queues();
    private final int[] slots = new int[instances];
    private final long serviceNanos = Math.round(1e9 / serverPerSecond);
    private long serverFree;
    private long order;
    private long begun;
    private long timedOut;
    private long longestQueue;

    Run(long seed) {
      random = new Random(seed);
    }

    @SuppressWarnings({"unchecked", "rawtypes"})
    private Deque<Event>[] queues() {
      Deque<Event>[] queues = new Deque[instances];
      for (int i = 0; i < instances; i++) {
        queues[i] = new ArrayDeque<>();
      }
      return queues;
    }

    Outcome play(long limitNanos) {
      for (int connection = 0; connection < all; connection++) {
        add((long) (random.nextDouble() * spreadNanos), What.WANTED, connection);
      }
      int made = 0;
      double most = Double.POSITIVE_INFINITY;
      while (made < all) {
        Event event = events.remove();
        if (event.at > limitNanos) {
          return outcome(Double.POSITIVE_INFINITY, most);
        }
        switch (event.what) {
          case WANTED -> want(event);
          case ASKED_AGAIN -> {
            if (isUnderWay(event)) {
              ask(event.connection, event.at);
            }
          }
          case TOO_LATE -> giveUp(event);
          case MADE -> {
            if (isUnderWay(event)) {
              underWay[event.connection] = false;
              made++;
              if (Double.isInfinite(most) && made >= all * 0.99) {
                most = event.at / 1e9;
              }
              if (made == all) {
                return outcome(event.at / 1e9, most);
              }
              free(event.connection / connections, event.at);
            }
          }
        }
      }
      return outcome(0, 0);
    }

    private Outcome outcome(double seconds, double most) {
      return new Outcome(seconds, most, begun, timedOut, longestQueue / 1e9);
    }

    private Event add(long at, What what, int connection) {
      Event event = new Event(at, order++, what, connection, attempts[connection]);
      events.add(event);
      return event;
    }

    private void want(Event event) {
      int connection = event.connection;
      int instance = connection / connections;
      attempts[connection]++;
      waiting[connection] = true;
      Event tooLate = add(event.at + timeoutNanos, What.TOO_LATE, connection);
      turns[instance].add(tooLate);
      begin(instance, event.at);
    }

    private void begin(int instance, long now) {
      while (slots[instance] < concurrent && !turns[instance].isEmpty()) {
        Event turn = turns[instance].remove();
        int connection = turn.connection;
        if (!waiting[connection] || turn.attempt != attempts[connection]) {
          continue;
        }
        waiting[connection] = false;
        underWay[connection] = true;
        slots[instance]++;
        refusals[connection] = 0;
        ask(connection, now);
      }
    }

    private boolean isUnderWay(Event event) {
      return event.attempt == attempts[event.connection] && underWay[event.connection];
    }

    private void ask(int connection, long now) {
      if (serverFree - now >= backlog * serviceNanos) {
        add(now + (FIRST_RETRANSMISSION << refusals[connection]++), What.ASKED_AGAIN, connection);
        return;
      }
      begun++;
      serverFree = Math.max(serverFree, now) + serviceNanos;
      longestQueue = Math.max(longestQueue, serverFree - now);
      add(serverFree + latencyNanos, What.MADE, connection);
    }

    private void giveUp(Event event) {
      int connection = event.connection;
      boolean current =
          event.attempt == attempts[connection] && (waiting[connection] || underWay[connection]);
      if (!current) {
        return;
      }
      timedOut++;
      boolean held = underWay[connection];
      waiting[connection] = false;
      underWay[connection] = false;
      add(event.at + delayAfter(attempts[connection]), What.WANTED, connection);
      if (held) {
        free(connection / connections, event.at);
      }
    }

    private void free(int instance, long now) {
      slots[instance]--;
      begin(instance, now);
    }

    private long delayAfter(int failures) {
      int doublings = Math.min(MAX_DOUBLINGS, failures - 1);
      long delay =
          firstDelayNanos > longestDelayNanos >> doublings
              ? longestDelayNanos
              : firstDelayNanos << doublings;
      return delay - (long) (delay * random.nextDouble() / 2);
    }
  }
}
