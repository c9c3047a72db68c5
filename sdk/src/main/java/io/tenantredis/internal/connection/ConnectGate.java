package io.tenantredis.internal.connection;

import io.tenantredis.TenantId;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Bounds the attempts to connect at a time and the connections altogether. Tenants that wait take
 * turns, and none takes more than an eighth of the attempts, so that one whose attempts hang holds
 * up no other. Where there are several endpoints they take turns as well, and none takes more than
 * half of the attempts that the other ones leave, so that each that hangs leaves some to the next,
 * until the last one is taken. Thread-safe; nothing here blocks.
 */
final class ConnectGate {

  private static final int SHARE_OF_ONE_TENANT = 8;

  private final int maxAttempts;
  private final int maxAttemptsOfOne;
  private final int maxConnections;
  private final boolean severalEndpoints;
  private final Executor executor;
  private final Consumer<TenantId> roomMaker;
  private final Object lock = new Object();

  /** Of each endpoint for which somebody waits or an attempt is made. */
  private final Map<Object, Line> lines = new LinkedHashMap<>();

  private final Map<TenantId, Integer> attempting = new HashMap<>();
  private int attempts;
  private int connections;

  /**
   * @param maxConnections attempts included
   * @param severalEndpoints whether an endpoint must leave attempts to others, also to those that
   *     nobody asked for yet
   * @param executor where attempts start
   * @param roomMaker is told who waits while there are as many connections as there may be
   */
  ConnectGate(
      int maxAttempts,
      int maxConnections,
      boolean severalEndpoints,
      Executor executor,
      Consumer<TenantId> roomMaker) {
    this.maxAttempts = maxAttempts;
    this.maxAttemptsOfOne = Math.max(1, maxAttempts / SHARE_OF_ONE_TENANT);
    this.maxConnections = maxConnections;
    this.severalEndpoints = severalEndpoints;
    this.executor = executor;
    this.roomMaker = roomMaker;
  }

  /**
   * Queues an attempt to connect.
   *
   * @param endpoint where to; equal for the same server
   * @param start begins it; called once, or never if the ticket is given back before
   */
  Ticket enter(Object endpoint, TenantId tenant, Runnable start) {
    Ticket ticket = new Ticket(endpoint, tenant, start);
    List<Ticket> admitted;
    boolean full;
    synchronized (lock) {
      lines.computeIfAbsent(endpoint, e -> new Line()).add(ticket);
      admitted = admit();
      full = ticket.state == State.WAITING && connections >= maxConnections;
    }
    start(admitted);
    if (full) {
      roomMaker.accept(tenant);
    }
    return ticket;
  }

  /** Whose turn is next when there is room among the connections; null when nobody waits for it. */
  @Nullable TenantId waitingForRoom() {
    synchronized (lock) {
      if (connections >= maxConnections) {
        for (Line line : lines.values()) {
          if (!line.waiting.isEmpty()) {
            return line.waiting.keySet().iterator().next();
          }
        }
      }
      return null;
    }
  }

  private List<Ticket> admit() {
    List<Ticket> admitted = new ArrayList<>(1);
    while (attempts < maxAttempts && connections < maxConnections) {
      Ticket next = next();
      if (next == null) {
        break;
      }
      next.state = State.ATTEMPTING;
      attempts++;
      line(next).attempts++;
      connections++;
      attempting.merge(next.tenant, 1, Integer::sum);
      admitted.add(next);
    }
    return admitted;
  }

  private @Nullable Ticket next() {
    for (Map.Entry<Object, Line> entry : lines.entrySet()) {
      Line line = entry.getValue();
      Ticket next = line.attempts < shareOf(line) ? line.next() : null;
      if (next != null) {
        // Behind all others: they take turns.
        lines.remove(next.endpoint);
        lines.put(next.endpoint, line);
        return next;
      }
    }
    return null;
  }

  private int shareOf(Line line) {
    int left = maxAttempts - (attempts - line.attempts);
    return severalEndpoints ? Math.max(1, left / 2) : left;
  }

  private Line line(Ticket ticket) {
    return Objects.requireNonNull(lines.get(ticket.endpoint));
  }

  private void start(List<Ticket> admitted) {
    for (Ticket ticket : admitted) {
      executor.execute(ticket.start);
    }
  }

  /** Who waits for one endpoint, and how many attempts it has. Guarded by the lock. */
  private final class Line {

    private final Map<TenantId, Deque<Ticket>> waiting = new LinkedHashMap<>();
    private int attempts;

    void add(Ticket ticket) {
      waiting.computeIfAbsent(ticket.tenant, t -> new ArrayDeque<>()).add(ticket);
    }

    @Nullable Ticket next() {
      for (Iterator<Map.Entry<TenantId, Deque<Ticket>>> tenants = waiting.entrySet().iterator();
          tenants.hasNext(); ) {
        Map.Entry<TenantId, Deque<Ticket>> entry = tenants.next();
        if (attempting.getOrDefault(entry.getKey(), 0) >= maxAttemptsOfOne) {
          continue;
        }
        Deque<Ticket> queue = entry.getValue();
        Ticket next = queue.poll();
        tenants.remove();
        if (!queue.isEmpty()) {
          // Behind all others: they take turns.
          waiting.put(entry.getKey(), queue);
        }
        return next;
      }
      return null;
    }

    void remove(Ticket ticket) {
      Deque<Ticket> queue = waiting.get(ticket.tenant);
      if (queue != null && queue.remove(ticket) && queue.isEmpty()) {
        waiting.remove(ticket.tenant);
      }
    }

    boolean isIdle() {
      return attempts == 0 && waiting.isEmpty();
    }
  }

  private enum State {
    WAITING,
    ATTEMPTING,
    CONNECTED,
    GONE
  }

  /** The place of one connection, from its attempt to its end. */
  final class Ticket {

    private final Object endpoint;
    private final TenantId tenant;
    private final Runnable start;
    private State state = State.WAITING;

    private Ticket(Object endpoint, TenantId tenant, Runnable start) {
      this.endpoint = endpoint;
      this.tenant = tenant;
      this.start = start;
    }

    /** Whether its turn has not come yet. */
    boolean isWaiting() {
      synchronized (lock) {
        return state == State.WAITING;
      }
    }

    /** Whether it waits because there are as many connections as there may be. */
    boolean isWaitingForRoom() {
      synchronized (lock) {
        return state == State.WAITING && connections >= maxConnections;
      }
    }

    /** The attempt succeeded: others may try, the place among the connections is kept. */
    void connected() {
      move(State.CONNECTED);
    }

    /** The attempt failed, or the connection is gone. */
    void gone() {
      move(State.GONE);
    }

    private void move(State to) {
      List<Ticket> admitted;
      synchronized (lock) {
        if (state == State.GONE || state == to) {
          return;
        }
        if (state == State.WAITING) {
          Line line = line(this);
          line.remove(this);
          leave(line);
        } else if (state == State.ATTEMPTING) {
          Line line = line(this);
          attempts--;
          line.attempts--;
          leave(line);
          attempting.computeIfPresent(tenant, (t, count) -> count == 1 ? null : count - 1);
        }
        if (to == State.GONE && state != State.WAITING) {
          connections--;
        }
        state = to;
        admitted = admit();
      }
      start(admitted);
    }

    private void leave(Line line) {
      if (line.isIdle()) {
        lines.remove(endpoint);
      }
    }
  }
}
