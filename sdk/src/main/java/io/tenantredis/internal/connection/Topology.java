package io.tenantredis.internal.connection;

import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.lettuce.core.RedisURI;
import io.tenantredis.TenantId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * What is known of a cluster, one for all tenants: who serves which slot, and how to connect to
 * each node. It is learnt from the cluster by whichever tenant needs it, over that tenant's own
 * verified connection, and what it learns is everybody's. One tenant asks at a time; only when that
 * gets no answer for a while do those who wait for it ask, too. Thread-safe; nothing blocks.
 */
public final class Topology {

  /** What is asked in the background is asked no more often than this. */
  private static final long SHORTEST_INTERVAL_NANOS = TimeUnit.MILLISECONDS.toNanos(250);

  /** Whom another tenant keeps waiting for longer than this asks for itself. */
  private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(1);

  private final Connectors connectors;
  private final RedisURI template;
  private final Set<NodeAddress> seeds;
  private final Function<NodeAddress, @Nullable CircuitBreaker> breakers;
  private final long intervalNanos;
  private final LongSupplier nanoTime;
  private final ConcurrentMap<NodeAddress, Connector> nodes = new ConcurrentHashMap<>();
  private final ConcurrentMap<NodeAddress, Connector> replicas = new ConcurrentHashMap<>();

  private final Object lock = new Object();
  private volatile @Nullable SlotMap current;
  private final Set<Waiting> waiting = new LinkedHashSet<>();
  private final Set<TenantId> asking = new HashSet<>();
  private long askedAt;

  /** Whether somebody wanted it to be asked sooner after the last time than it may be. */
  private boolean due;

  /** Whom to ask first then; null for nobody in particular. */
  private @Nullable NodeAddress dueAt;

  /** How often somebody began to ask. */
  private long begun;

  private volatile long learntAt;

  /**
   * @param seeds nodes to ask first; all have the same settings but for the address
   * @param breakers spares a node when attempts of many tenants failed
   * @param interval how old knowledge may become; zero for any age
   */
  public Topology(
      Connectors connectors,
      List<RedisURI> seeds,
      Function<NodeAddress, @Nullable CircuitBreaker> breakers,
      Duration interval,
      LongSupplier nanoTime) {
    this.connectors = connectors;
    this.template = seeds.get(0);
    this.seeds = new LinkedHashSet<>(seeds.stream().map(NodeAddress::of).toList());
    this.breakers = breakers;
    this.intervalNanos = interval.toNanos();
    this.nanoTime = nanoTime;
    this.askedAt = nanoTime.getAsLong() - SHORTEST_INTERVAL_NANOS;
  }

  /** A tenant that can ask the cluster. */
  public interface Asker {

    TenantId tenant();

    /** Nodes that it has an open connection to. */
    Set<NodeAddress> connected();

    /** Asks a node, over a verified connection of the tenant. */
    CompletionStage<SlotMap> ask(NodeAddress node);
  }

  /**
   * Somebody who waits for an answer.
   *
   * @param since the number of the first inquiry whose answer will do
   */
  private record Waiting(Asker asker, CompletableFuture<SlotMap> result, long since) {}

  /** What is known now; null before anything is. */
  public @Nullable SlotMap current() {
    return current;
  }

  /** Makes connections to a node. */
  public Connector connector(NodeAddress node) {
    return nodes.computeIfAbsent(node, at -> connectors.to(at.in(template), breakers.apply(at)));
  }

  /** Makes connections to a node that only read, also if it is a replica. */
  public Connector replica(NodeAddress node) {
    return replicas.computeIfAbsent(
        node, at -> connectors.toClusterReplica(at.in(template), breakers.apply(at)));
  }

  /**
   * Asks the cluster now, or joins those who wait for an answer. Who waits for another tenant's
   * answer asks for itself when that tenant gets none.
   *
   * @return a stage with what is known then, or failed as the asker's last attempt did
   */
  public CompletableFuture<SlotMap> learn(Asker asker) {
    return learn(asker, false);
  }

  /**
   * The same, but an answer to a question that was asked before this call will not do.
   *
   * @return a stage with what is known then, or failed as the asker's last attempt did
   */
  public CompletableFuture<SlotMap> learnAnew(Asker asker) {
    return learn(asker, true);
  }

  private CompletableFuture<SlotMap> learn(Asker asker, boolean anew) {
    CompletableFuture<SlotMap> result = new CompletableFuture<>();
    Inquiry own = null;
    synchronized (lock) {
      Waiting one = new Waiting(asker, result, anew ? begun + 1 : 0);
      waiting.add(one);
      result.whenComplete((map, failure) -> leave(one, result));
      if (asking.isEmpty() || isOverdue(asker)) {
        own = begin(asker, null);
      }
    }
    run(own);
    return result;
  }

  private void leave(Waiting one, CompletableFuture<SlotMap> result) {
    if (result.isCancelled()) {
      synchronized (lock) {
        waiting.remove(one);
      }
    }
  }

  /**
   * The same, unless the cluster was asked a moment ago.
   *
   * @return a stage with what is known then, or failed as the asker's last attempt did
   */
  public CompletableFuture<SlotMap> learnAgain(Asker asker) {
    SlotMap known = current;
    return known != null && nanoTime.getAsLong() - learntAt < SHORTEST_INTERVAL_NANOS
        ? CompletableFuture.completedFuture(known)
        : learn(asker);
  }

  /**
   * What the cluster said after a moment in the past; asks it, or joins those who wait for an
   * answer, if it said nothing since.
   *
   * @param nanos the moment, by the clock of this object
   * @return a stage with what is known then, or failed as the asker's last attempt did
   */
  public CompletableFuture<SlotMap> learnSince(Asker asker, long nanos) {
    SlotMap known = current;
    return known != null && learntAt - nanos >= 0
        ? CompletableFuture.completedFuture(known)
        : learn(asker);
  }

  /** How long it is until the cluster may be asked again in the background; zero while it is. */
  public long nanosUntilAsked() {
    synchronized (lock) {
      return asking.isEmpty()
          ? Math.max(0, askedAt + SHORTEST_INTERVAL_NANOS - nanoTime.getAsLong())
          : 0;
    }
  }

  /**
   * Asks the cluster in the background; if that was done a moment ago, at the next {@link #sweep}.
   *
   * @param knowing the node that knows best; null if none does
   */
  public void refresh(Asker asker, @Nullable NodeAddress knowing) {
    Inquiry own = null;
    synchronized (lock) {
      if (asking.isEmpty()) {
        if (nanoTime.getAsLong() - askedAt >= SHORTEST_INTERVAL_NANOS) {
          own = begin(asker, knowing);
        } else {
          due = true;
          dueAt = knowing == null ? dueAt : knowing;
        }
      } else if (!asking.contains(asker.tenant())
          && waiting.stream().noneMatch(one -> one.asker.tenant().equals(asker.tenant()))) {
        // Who asks now may be refused.
        waiting.add(new Waiting(asker, new CompletableFuture<>(), 0));
      }
    }
    run(own);
  }

  /**
   * Asks the cluster in the background, unless what is known is younger than that.
   *
   * @param nanos an age
   */
  public void refreshOlderThan(Asker asker, long nanos) {
    if (nanoTime.getAsLong() - learntAt >= nanos) {
      refresh(asker, null);
    }
  }

  /**
   * Asks again if what is known is old or in doubt, or who asks is slow. Called at short intervals.
   */
  public void sweep(Asker asker) {
    Inquiry own = null;
    synchronized (lock) {
      if (isOverdue(asker)
          && waiting.stream().anyMatch(one -> one.asker.tenant().equals(asker.tenant()))) {
        own = begin(asker, null);
      }
    }
    run(own);
    if (isOld() && !asker.connected().isEmpty()) {
      refresh(asker, null);
    }
  }

  private boolean isOld() {
    synchronized (lock) {
      return due
          || (intervalNanos > 0
              && current != null
              && nanoTime.getAsLong() - learntAt >= intervalNanos);
    }
  }

  /** Whether others ask, and none began a short time ago. Called with the lock held. */
  private boolean isOverdue(Asker asker) {
    return !asking.isEmpty()
        && !asking.contains(asker.tenant())
        && nanoTime.getAsLong() - askedAt >= PATIENCE_NANOS;
  }

  /** Called with the lock held. */
  private Inquiry begin(Asker asker, @Nullable NodeAddress knowing) {
    askedAt = nanoTime.getAsLong();
    NodeAddress first = knowing == null ? dueAt : knowing;
    due = false;
    dueAt = null;
    asking.add(asker.tenant());
    return new Inquiry(asker, candidates(asker, first), ++begun);
  }

  /** Whom to ask, in order: who knows best, who is connected, the other primaries, the seeds. */
  private List<NodeAddress> candidates(Asker asker, @Nullable NodeAddress knowing) {
    Set<NodeAddress> candidates = new LinkedHashSet<>();
    if (knowing != null) {
      candidates.add(knowing);
    }
    SlotMap known = current;
    Set<NodeAddress> valid = new HashSet<>(seeds);
    List<NodeAddress> primaries = new ArrayList<>();
    if (known != null) {
      valid.addAll(known.primaries());
      primaries.addAll(known.primaries());
      Collections.shuffle(primaries);
    }
    List<NodeAddress> connected = new ArrayList<>(asker.connected());
    connected.retainAll(valid);
    Collections.shuffle(connected);
    candidates.addAll(connected);
    candidates.addAll(primaries);
    candidates.addAll(seeds);
    return List.copyOf(candidates);
  }

  /** One tenant's questions, to one node after the other until one answers. */
  private final class Inquiry {

    private final Asker asker;
    private final Iterator<NodeAddress> candidates;
    private final long number;
    private Throwable last = new IllegalStateException("There is no node to ask");

    Inquiry(Asker asker, List<NodeAddress> candidates, long number) {
      this.asker = asker;
      this.candidates = candidates.iterator();
      this.number = number;
    }

    /**
     * Asks as long as what comes of it is known at once.
     *
     * @return who is to ask next; null if that is not known yet, or nobody is
     */
    @Nullable Inquiry proceed() {
      while (candidates.hasNext()) {
        CompletableFuture<SlotMap> answer = question(candidates.next());
        if (!answer.isDone()) {
          answer.whenComplete(
              (map, failure) -> run(map == null ? failed(failure) : learnt(this, map)));
          return null;
        }
        if (!answer.isCompletedExceptionally()) {
          return learnt(this, answer.join());
        }
        note(answer.handle((map, failure) -> failure).join());
      }
      return ended(this);
    }

    private CompletableFuture<SlotMap> question(NodeAddress node) {
      try {
        return asker.ask(node).toCompletableFuture();
      } catch (RuntimeException failure) {
        return CompletableFuture.failedFuture(failure);
      }
    }

    private Inquiry failed(Throwable failure) {
      note(failure);
      return this;
    }

    private void note(Throwable failure) {
      last =
          failure instanceof CompletionException && failure.getCause() != null
              ? failure.getCause()
              : failure;
    }
  }

  /** A loop, since a thousand tenants that are refused at once would be too deep a recursion. */
  private static void run(@Nullable Inquiry first) {
    Inquiry inquiry = first;
    while (inquiry != null) {
      inquiry = inquiry.proceed();
    }
  }

  private @Nullable Inquiry learnt(Inquiry inquiry, SlotMap map) {
    List<Waiting> served = new ArrayList<>();
    Inquiry next;
    synchronized (lock) {
      asking.remove(inquiry.asker.tenant());
      current = map;
      learntAt = nanoTime.getAsLong();
      waiting.removeIf(one -> one.since <= inquiry.number && served.add(one));
      next = next();
    }
    nodes.keySet().removeIf(node -> !map.primaries().contains(node) && !seeds.contains(node));
    replicas.keySet().retainAll(map.replicas());
    served.forEach(one -> one.result.complete(map));
    return next;
  }

  private @Nullable Inquiry ended(Inquiry inquiry) {
    List<Waiting> failed = new ArrayList<>();
    TenantId tenant = inquiry.asker.tenant();
    Inquiry next;
    synchronized (lock) {
      asking.remove(tenant);
      waiting.removeIf(one -> one.asker.tenant().equals(tenant) && failed.add(one));
      next = next();
    }
    failed.forEach(one -> one.result.completeExceptionally(inquiry.last));
    return next;
  }

  /** Called with the lock held. */
  private @Nullable Inquiry next() {
    return asking.isEmpty() && !waiting.isEmpty()
        ? begin(waiting.iterator().next().asker, null)
        : null;
  }
}
