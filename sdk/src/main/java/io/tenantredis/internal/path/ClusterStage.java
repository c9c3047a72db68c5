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
import org.jspecify.annotations.Nullable;

/**
 * Finds the node of a cluster that a command is for, and follows the cluster's redirections: what
 * was redirected was not executed. A redirection leads to a node like any other, on which nothing
 * is sent before it said that the connection is the tenant's.
 */
final class ClusterStage implements Stage {

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
      new ForTopology(call).begin();
    } else {
      route(call, map);
    }
  }

  private void route(Call call, SlotMap map) {
    int slot = call.attempt().slot();
    if (slot == GuardedCommand.NO_SLOT) {
      slot = connections.homeSlot();
    }
    NodeAddress owner = map.owner(slot);
    if (owner == null) {
      connections.doubt();
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
        case TR002, TR003, TR004, TR005 -> connections.doubt();
        default -> {}
      }
    }
    call.settle(failure);
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
    if (!mayLead(call, target)) {
      connections.doubt();
      return false;
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

  /**
   * A script or a module can make up a redirection: it leads to nodes that the cluster named
   * itself. Whoever is asked learns the tenant's password, and is believed by all tenants.
   */
  private boolean mayLead(Call call, NodeAddress target) {
    SlotMap map = connections.topology().current();
    boolean genuine = !call.attempt().isScript() && !call.attempt().rule().isOfModule();
    return genuine || (map != null && map.primaries().contains(target));
  }

  /** A command that waits until it is known who serves which slot. */
  private final class ForTopology extends Waiting {

    private final Call call;
    private volatile @Nullable CompletableFuture<SlotMap> answer;

    ForTopology(Call call) {
      super(call.attempt(), timer);
      this.call = call;
    }

    void begin() {
      watch(call.remainingNanos(System.nanoTime()));
      CompletableFuture<SlotMap> asked = connections.topology().learnAgain(connections);
      answer = asked;
      asked.whenComplete(this::learnt);
      if (isOver()) {
        asked.cancel(false);
      }
    }

    private void learnt(@Nullable SlotMap map, @Nullable Throwable failure) {
      if (!end()) {
        return;
      }
      if (map != null) {
        route(call, map);
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
