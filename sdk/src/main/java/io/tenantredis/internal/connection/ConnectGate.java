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
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Bounds the attempts to connect at a time and the connections altogether. Tenants that wait take
 * turns, and none takes more than an eighth of the attempts, so that one whose attempts hang holds
 * up no other. Thread-safe; nothing here blocks.
 */
final class ConnectGate {

  private static final int SHARE_OF_ONE_TENANT = 8;

  private final int maxAttempts;
  private final int maxAttemptsOfOne;
  private final int maxConnections;
  private final Executor executor;
  private final Consumer<TenantId> roomMaker;
  private final Object lock = new Object();

  private final Map<TenantId, Deque<Ticket>> waiting = new LinkedHashMap<>();
  private final Map<TenantId, Integer> attempting = new HashMap<>();
  private int attempts;
  private int connections;

  /**
   * @param maxConnections attempts included
   * @param executor where attempts start
   * @param roomMaker is told who waits while there are as many connections as there may be
   */
  ConnectGate(
      int maxAttempts, int maxConnections, Executor executor, Consumer<TenantId> roomMaker) {
    this.maxAttempts = maxAttempts;
    this.maxAttemptsOfOne = Math.max(1, maxAttempts / SHARE_OF_ONE_TENANT);
    this.maxConnections = maxConnections;
    this.executor = executor;
    this.roomMaker = roomMaker;
  }

  /**
   * Queues an attempt to connect.
   *
   * @param start begins it; called once, or never if the ticket is given back before
   */
  Ticket enter(TenantId tenant, Runnable start) {
    Ticket ticket = new Ticket(tenant, start);
    List<Ticket> admitted;
    boolean full;
    synchronized (lock) {
      waiting.computeIfAbsent(tenant, t -> new ArrayDeque<>()).add(ticket);
      admitted = admit();
      full = ticket.state == State.WAITING && connections >= maxConnections;
    }
    start(admitted);
    if (full) {
      roomMaker.accept(tenant);
    }
    return ticket;
  }

  /** Who has waited longest for room among the connections; null when nobody does. */
  @Nullable TenantId waitingForRoom() {
    synchronized (lock) {
      return connections >= maxConnections && !waiting.isEmpty()
          ? waiting.keySet().iterator().next()
          : null;
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
      connections++;
      attempting.merge(next.tenant, 1, Integer::sum);
      admitted.add(next);
    }
    return admitted;
  }

  private @Nullable Ticket next() {
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

  private void start(List<Ticket> admitted) {
    for (Ticket ticket : admitted) {
      executor.execute(ticket.start);
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

    private final TenantId tenant;
    private final Runnable start;
    private State state = State.WAITING;

    private Ticket(TenantId tenant, Runnable start) {
      this.tenant = tenant;
      this.start = start;
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
          leaveQueue();
        } else if (state == State.ATTEMPTING) {
          attempts--;
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

    private void leaveQueue() {
      Deque<Ticket> queue = waiting.get(tenant);
      if (queue != null && queue.remove(this) && queue.isEmpty()) {
        waiting.remove(tenant);
      }
    }
  }
}
