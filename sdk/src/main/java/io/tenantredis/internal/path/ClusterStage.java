package io.tenantredis.internal.path;

import io.netty.util.concurrent.EventExecutorGroup;
import io.tenantredis.TenantRedisFailure;
import io.tenantredis.internal.connection.NodeAddress;
import io.tenantredis.internal.connection.SlotMap;
import io.tenantredis.internal.error.Failures;
import io.tenantredis.internal.error.ServerError;
import io.tenantredis.internal.keyspace.GuardedCommand;
import io.tenantredis.internal.pool.ClusterConnections;
import io.tenantredis.internal.pool.NodeConnections;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Finds the node of a cluster that a command is for, and follows the cluster's redirections: what
 * was redirected was not executed. A redirection leads to a node like any other, on which nothing
 * is sent before it said that the connection is the tenant's.
 */
final class ClusterStage implements Stage {

  /** Where something is known, who has no deadline waits no longer for something better. */
  private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(5);

  private final ClusterConnections connections;
  private final int maxRedirects;
  private final EventExecutorGroup timer;

  ClusterStage(ClusterConnections connections, int maxRedirects, EventExecutorGroup timer) {
    this.connections = connections;
    this.maxRedirects = maxRedirects;
    this.timer = timer;
  }

  /** The connections that a call which passed this stage uses. */
  NodeConnections route(Call call) {
    NodeAddress node = call.node();
    if (node == null) {
      throw new IllegalStateException("The call has no node");
    }
    return connections.node(node);
  }

  @Override
  public void send(Call call) {
    NodeAddress redirected = call.takeRedirect();
    NodeAddress target = redirected == null ? call.fixed() : redirected;
    SlotMap map = connections.topology().current();
    if (target != null) {
      call.node(target);
      call.proceed();
    } else if (map == null || call.attempt().rule().isKeyspaceWide()) {
      // A node that lost the keys answers SCAN as if there were none.
      new ForTopology(call, false).begin(connections.topology().learnAgain(connections));
    } else {
      Call.Doubt doubt = call.doubt();
      if (doubt == null) {
        route(call, map);
      } else {
        new ForTopology(call, true)
            .begin(connections.topology().learnSince(connections, doubt.since()));
      }
    }
  }

  private void route(Call call, SlotMap map) {
    call.doubt(null);
    int slot = call.attempt().slot();
    if (slot == GuardedCommand.NO_SLOT) {
      slot = connections.homeSlot();
    }
    NodeAddress owner = map.owner(slot);
    if (owner == null) {
      doubt(call);
      call.refuse(ClusterConnections.notServed(call.tenant(), call.command(), slot));
      return;
    }
    call.node(owner);
    call.proceed();
  }

  @Override
  public void settled(Call call, @Nullable Throwable failure) {
    if (failure instanceof TenantRedisFailure typed) {
      switch (typed.code()) {
        case TR013 -> {
          if (follow(call)) {
            return;
          }
        }
        case TR002, TR003, TR004, TR005 -> doubt(call);
        default -> {}
      }
    }
    call.settle(failure);
  }

  /** The node does not serve: by the next attempt another one may. */
  private void doubt(Call call) {
    if (call.fixed() == null) {
      long now = System.nanoTime();
      call.doubt(new Call.Doubt(now, now + connections.topology().nanosUntilAsked()));
    }
    connections.doubt();
  }

  private boolean follow(Call call) {
    String error = call.attempt().replyError();
    NodeAddress speaker = call.node();
    String[] words = error == null ? new String[0] : error.split(" ", 4);
    if (words.length < 3 || speaker == null) {
      return false;
    }
    boolean ask = ServerError.of(error) == ServerError.ASK;
    if (!ask && ServerError.of(error) != ServerError.MOVED) {
      return false;
    }
    NodeAddress target = NodeAddress.parse(words[2], speaker);
    if (target == null || !words[1].equals(String.valueOf(call.attempt().slot()))) {
      connections.doubt();
      return false;
    }
    if (!mayLead(call, speaker, target)) {
      connections.doubt();
      return false;
    }
    if (!ask && call.isAsking() && call.attempt().isAskingDenied() && isGenuine(call)) {
      // The node that has the key for now sends the command back: that would go on in circles.
      call.settle(Failures.askingDenied(call.tenant(), call.command(), speaker.toString()));
      return true;
    }
    if (!ask) {
      connections.topology().refresh(connections, target);
    }
    if (call.redirects() >= maxRedirects || !call.isRedirectable()) {
      return false;
    }
    call.redirect(target, ask);
    call.proceed();
    return true;
  }

  /** Whether nobody but the node itself can have said what it answered. */
  private static boolean isGenuine(Call call) {
    return !call.attempt().isScript() && !call.attempt().rule().isOfModule();
  }

  /**
   * A script or a module can make up a redirection: it leads to nodes that the cluster named
   * itself, for whoever is asked learns the tenant's password, and is believed by all tenants. And
   * it leads to none twice, for the one that made it up would run again.
   */
  private boolean mayLead(Call call, NodeAddress speaker, NodeAddress target) {
    if (isGenuine(call)) {
      return true;
    }
    SlotMap map = connections.topology().current();
    return call.isNewTo(target, speaker) && map != null && map.primaries().contains(target);
  }

  /** A command that waits until it is known who serves which slot. */
  private final class ForTopology extends Waiting {

    private final Call call;
    private final boolean orKnown;
    private volatile @Nullable CompletableFuture<SlotMap> answer;
    private volatile @Nullable Future<?> patience;

    /**
     * @param orKnown whether what is known will do where nothing better is to be had soon
     */
    ForTopology(Call call, boolean orKnown) {
      super(call.attempt(), timer);
      this.call = call;
      this.orKnown = orKnown;
    }

    void begin(CompletableFuture<SlotMap> asked) {
      long remaining = call.remainingNanos(System.nanoTime());
      watch(remaining);
      answer = asked;
      if (orKnown && !asked.isDone()) {
        long wait = remaining == Long.MAX_VALUE ? PATIENCE_NANOS : remaining / 2;
        patience = timer.schedule(() -> learnt(null, null), wait, TimeUnit.NANOSECONDS);
      }
      asked.whenComplete(this::learnt);
      if (isOver()) {
        asked.cancel(false);
      }
    }

    private void learnt(@Nullable SlotMap map, @Nullable Throwable failure) {
      if (!end()) {
        return;
      }
      Future<?> timeout = patience;
      if (timeout != null) {
        timeout.cancel(false);
      }
      forgotten();
      SlotMap known = map == null && orKnown ? connections.topology().current() : map;
      if (known != null) {
        route(call, known);
        return;
      }
      Throwable cause =
          failure instanceof CompletionException && failure.getCause() != null
              ? failure.getCause()
              : failure;
      attempt()
          .completeExceptionally(
              Failures.topologyUnknown(
                  call.tenant(),
                  attempt().name(),
                  cause == null ? new IllegalStateException("no topology") : cause));
    }

    @Override
    void forgotten() {
      CompletableFuture<SlotMap> asked = answer;
      if (asked != null) {
        // Who asks the cluster goes on: others may need the answer.
        asked.cancel(false);
      }
    }
  }
}
