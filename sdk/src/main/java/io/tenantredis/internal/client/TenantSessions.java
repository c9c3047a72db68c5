package io.tenantredis.internal.client;

import io.tenantredis.TenantId;
import io.tenantredis.internal.error.Failures;
import io.tenantredis.internal.metrics.ConnectionEvents;
import java.time.Duration;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The sessions of all tenants in use. A tenant that was idle for long, or that is the least
 * recently used one when connections run out, is evicted: nothing of it stays here, and its next
 * command makes a new session. Thread-safe; nothing here blocks.
 */
public final class TenantSessions {

  /**
   * A command may have passed the check just before its session was retired and arrive late: the
   * session stays usable this long.
   */
  private static final long LATE_NANOS = TimeUnit.SECONDS.toNanos(10);

  private final Function<TenantId, TenantSession> factory;
  private final long idleNanos;
  private final LongSupplier nanoTime;
  private final ConnectionEvents events;
  private final Consumer<TenantId> forgotten;
  private final ConcurrentMap<TenantId, TenantSession> sessions = new ConcurrentHashMap<>();
  private final Queue<Retired> retired = new ConcurrentLinkedQueue<>();
  private volatile boolean closed;

  /**
   * @param idleTime after how long without a command a tenant is evicted; zero for never
   * @param forgotten told of a tenant whose session is out of use, before it can get a new one
   */
  public TenantSessions(
      Function<TenantId, TenantSession> factory,
      Duration idleTime,
      LongSupplier nanoTime,
      ConnectionEvents events,
      Consumer<TenantId> forgotten) {
    this.factory = factory;
    this.idleNanos = idleTime.toNanos();
    this.nanoTime = nanoTime;
    this.events = events;
    this.forgotten = forgotten;
  }

  /**
   * A slot for handles of this tenant.
   *
   * @throws io.tenantredis.TenantClosedException if the client was closed
   */
  public TenantSlot slot(TenantId tenant) {
    return new TenantSlot(this, session(tenant));
  }

  TenantSession session(TenantId tenant) {
    TenantSession session = sessions.get(tenant);
    if (session == null) {
      session = sessions.computeIfAbsent(tenant, factory);
    }
    if (closed) {
      session.stop();
      throw Failures.closed(tenant, null, false);
    }
    return session;
  }

  void requireOpen(TenantId tenant) {
    if (closed) {
      throw Failures.closed(tenant, null, false);
    }
  }

  /** The session of a tenant if it has one now. */
  public @Nullable TenantSession existing(TenantId tenant) {
    return sessions.get(tenant);
  }

  /**
   * Lets all sessions of a tenant ask where it lives now, also those out of use that still have
   * something in flight.
   *
   * @return completes when nothing of them is anywhere else
   */
  public CompletableFuture<Void> endpointChanged(TenantId tenant) {
    Set<TenantSession> moving = new LinkedHashSet<>();
    TenantSession current = sessions.get(tenant);
    if (current != null) {
      moving.add(current);
    }
    for (Retired entry : retired) {
      if (entry.session.tenant().equals(tenant)) {
        moving.add(entry.session);
      }
    }
    return CompletableFuture.allOf(
        moving.stream().map(TenantSession::endpointChanged).toArray(CompletableFuture[]::new));
  }

  /** The sessions of now. */
  public Collection<TenantSession> all() {
    return Collections.unmodifiableCollection(sessions.values());
  }

  /** Evicts who was idle for long and ends what was evicted before. Called at short intervals. */
  public void sweep() {
    long now = nanoTime.getAsLong();
    for (TenantSession session : sessions.values()) {
      noteUse(session, now);
      if (idleNanos > 0 && now - session.lastUsedNanos() >= idleNanos) {
        evict(session, now, "idle");
      }
      session.sweep(now);
    }
    retired.removeIf(session -> ended(session, now));
  }

  private static void noteUse(TenantSession session, long now) {
    if (session.use.takeUsed() || !session.isIdle()) {
      session.lastUsedNanos(now);
    }
  }

  private boolean ended(Retired entry, long now) {
    if (!entry.session.isIdle()) {
      return false;
    }
    if (now - entry.sinceNanos >= LATE_NANOS) {
      entry.session.close();
      return true;
    }
    entry.session.drain();
    return false;
  }

  /**
   * Evicts the least recently used tenant with nothing in flight, so that another one's connection
   * finds room.
   *
   * @param except who needs the room
   */
  public void makeRoom(TenantId except) {
    long now = nanoTime.getAsLong();
    TenantSession oldest = null;
    for (TenantSession session : sessions.values()) {
      noteUse(session, now);
      if (!session.tenant().equals(except)
          && session.isConnected()
          && session.isIdle()
          && (oldest == null || session.lastUsedNanos() - oldest.lastUsedNanos() < 0)) {
        oldest = session;
      }
    }
    if (oldest != null) {
      evict(oldest, now, "room");
    }
  }

  private void evict(TenantSession session, long now, String why) {
    if (!session.isIdle() || !session.subscriber().retireIfUnused()) {
      return;
    }
    if (session.use.retireIfUnused()) {
      end(session, now);
      events.evicted(session.tenant(), why);
    } else {
      session.subscriber().unretire();
    }
  }

  /**
   * Takes a tenant's session out of use. Handles stay valid and get a new one.
   *
   * @return the session, whose commands in flight go on; null when there is none
   */
  public @Nullable TenantSession retire(TenantId tenant) {
    TenantSession session = sessions.get(tenant);
    if (session == null || !session.use.retire()) {
      return null;
    }
    end(session, nanoTime.getAsLong());
    session.endSubscriptions();
    return session;
  }

  private void end(TenantSession session, long now) {
    // First, so that it is never in neither.
    retired.add(new Retired(session, now));
    sessions.computeIfPresent(
        session.tenant(),
        (tenant, current) -> {
          if (current != session) {
            return current;
          }
          forgotten.accept(tenant);
          return null;
        });
    session.drain();
  }

  /** Accepts no further commands. */
  public void stop() {
    closed = true;
    sessions.values().forEach(TenantSession::stop);
    retired.forEach(entry -> entry.session.stop());
  }

  /** Whether no command is in flight. */
  public boolean isIdle() {
    return sessions.values().stream().allMatch(TenantSession::isIdle)
        && retired.stream().allMatch(entry -> entry.session.isIdle());
  }

  /** Closes all sessions; commands in flight fail. */
  public void close() {
    sessions.values().forEach(TenantSession::close);
    retired.forEach(entry -> entry.session.close());
  }

  /** How many tenants have a session. */
  public int size() {
    return sessions.size();
  }

  private record Retired(TenantSession session, long sinceNanos) {}
}
