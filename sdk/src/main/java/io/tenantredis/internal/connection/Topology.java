package io.tenantredis.internal.connection;

import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.lettuce.core.RedisURI;
import io.tenantredis.TenantId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
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
 * verified connection; at most one tenant asks at a time, and what it learns is everybody's.
 * Thread-safe; nothing blocks.
 */
public final class Topology {

  /** What is asked in the background is asked no more often than this. */
  private static final long SHORTEST_INTERVAL_NANOS = TimeUnit.MILLISECONDS.toNanos(250);

  private final Connectors connectors;
  private final RedisURI template;
  private final Set<NodeAddress> seeds;
  private final Function<NodeAddress, @Nullable CircuitBreaker> breakers;
  private final long intervalNanos;
  private final LongSupplier nanoTime;
  private final ConcurrentMap<NodeAddress, Connector> nodes = new ConcurrentHashMap<>();

  private final Object lock = new Object();
  private volatile @Nullable SlotMap current;
  private final List<Waiting> waiting = new ArrayList<>();
  private boolean asking;
  private long askedAt;
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

  private record Waiting(Asker asker, CompletableFuture<SlotMap> result) {}

  /** What is known now; null before anything is. */
  public @Nullable SlotMap current() {
    return current;
  }

  /** Makes connections to a node. */
  public Connector connector(NodeAddress node) {
    return nodes.computeIfAbsent(
        node,
        address -> {
          RedisURI uri = PrimaryLookup.copyOf(template);
          uri.setHost(address.host());
          uri.setPort(address.port());
          return connectors.to(uri, breakers.apply(address));
        });
  }

  /**
   * Asks the cluster now, or joins those who wait for an answer. Who waits for another tenant's
   * answer asks for itself when that tenant gets none.
   *
   * @return a stage with what is known then, or failed as the asker's last attempt did
   */
  public CompletableFuture<SlotMap> learn(Asker asker) {
    CompletableFuture<SlotMap> result = new CompletableFuture<>();
    synchronized (lock) {
      waiting.add(new Waiting(asker, result));
      if (asking) {
        return result;
      }
      begin();
    }
    ask(asker, null);
    return result;
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
   * Asks the cluster in the background, unless that was done a moment ago.
   *
   * @param knowing the node that knows best; null if none does
   */
  public void refresh(Asker asker, @Nullable NodeAddress knowing) {
    synchronized (lock) {
      if (asking || nanoTime.getAsLong() - askedAt < SHORTEST_INTERVAL_NANOS) {
        return;
      }
      begin();
    }
    ask(asker, knowing);
  }

  /** Asks again if what is known is old. Called at short intervals. */
  public void sweep(Asker asker) {
    if (intervalNanos > 0
        && current != null
        && nanoTime.getAsLong() - learntAt >= intervalNanos
        && !asker.connected().isEmpty()) {
      refresh(asker, null);
    }
  }

  /** Called with the lock held. */
  private void begin() {
    asking = true;
    askedAt = nanoTime.getAsLong();
  }

  private void ask(Asker asker, @Nullable NodeAddress knowing) {
    askNext(asker, candidates(asker, knowing), 0, null);
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

  private void askNext(
      Asker asker, List<NodeAddress> candidates, int next, @Nullable Throwable last) {
    if (next == candidates.size()) {
      failed(asker, last == null ? new IllegalStateException("There is no node to ask") : last);
      return;
    }
    asker
        .ask(candidates.get(next))
        .whenComplete(
            (map, failure) -> {
              if (map != null) {
                learnt(map);
              } else {
                askNext(
                    asker,
                    candidates,
                    next + 1,
                    failure instanceof CompletionException && failure.getCause() != null
                        ? failure.getCause()
                        : failure);
              }
            });
  }

  private void learnt(SlotMap map) {
    List<Waiting> served;
    synchronized (lock) {
      current = map;
      learntAt = nanoTime.getAsLong();
      asking = false;
      served = List.copyOf(waiting);
      waiting.clear();
    }
    nodes.keySet().removeIf(node -> !map.primaries().contains(node) && !seeds.contains(node));
    served.forEach(one -> one.result.complete(map));
  }

  private void failed(Asker asker, Throwable cause) {
    List<Waiting> failed = new ArrayList<>();
    Asker next = null;
    synchronized (lock) {
      waiting.removeIf(
          one -> {
            boolean own = one.asker.tenant().equals(asker.tenant());
            if (own) {
              failed.add(one);
            }
            return own;
          });
      if (waiting.isEmpty()) {
        asking = false;
      } else {
        next = waiting.get(0).asker;
      }
    }
    failed.forEach(one -> one.result.completeExceptionally(cause));
    if (next != null) {
      ask(next, null);
    }
  }
}
