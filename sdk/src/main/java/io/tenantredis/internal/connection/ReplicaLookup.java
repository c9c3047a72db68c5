package io.tenantredis.internal.connection;

import io.lettuce.core.RedisURI;
import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.sentinel.api.StatefulRedisSentinelConnection;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * Asks Sentinels which replicas of the primary can be read from: those that are up, connected to
 * the Sentinel and, as it last heard, to their primary.
 */
final class ReplicaLookup {

  /** What Sentinels say of a replica that nobody should use. */
  private static final Set<String> UNUSABLE = Set.of("s_down", "o_down", "disconnected", "master");

  private ReplicaLookup() {}

  /**
   * The primary and its replicas.
   *
   * @param uri names the Sentinels and the primary; its timeout bounds a lookup
   * @return fails with {@link PrimaryUnknown} if no Sentinel answers
   */
  static Mono<Shard> of(TenantLettuceClient client, RedisURI uri) {
    PrimaryLookup primary = client.primaryLookup(uri);
    if (primary == null) {
      throw new IllegalArgumentException("This URI names no Sentinels");
    }
    Duration each = uri.getTimeout().dividedBy(uri.getSentinels().size() + 1);
    return Mono.zip(
        primary.address().mapNotNull(ReplicaLookup::addressOf),
        replicas(client, uri, each),
        Shard::new);
  }

  private static @Nullable NodeAddress addressOf(SocketAddress address) {
    return address instanceof InetSocketAddress internet
        ? new NodeAddress(internet.getHostString(), internet.getPort())
        : null;
  }

  private static Mono<List<NodeAddress>> replicas(
      TenantLettuceClient client, RedisURI uri, Duration each) {
    Mono<List<NodeAddress>> answer =
        Mono.error(() -> new IllegalStateException("There is no Sentinel to ask"));
    for (RedisURI sentinel : uri.getSentinels()) {
      RedisURI asked = RedisURI.builder(sentinel).build();
      asked.setTimeout(each);
      asked.setLibraryName("");
      asked.setLibraryVersion("");
      answer = answer.onErrorResume(failure -> ask(client, asked, uri.getSentinelMasterId()));
    }
    return answer.onErrorMap(failure -> new PrimaryUnknown(uri.getSentinelMasterId(), failure));
  }

  private static Mono<List<NodeAddress>> ask(
      TenantLettuceClient client, RedisURI sentinel, String name) {
    return Mono.defer(
        () -> {
          CompletableFuture<StatefulRedisSentinelConnection<String, String>> connecting =
              client.connectSentinelAsync(StringCodec.UTF8, sentinel);
          return Mono.fromFuture(
                  connecting.thenCompose(connection -> connection.async().replicas(name)), true)
              .map(ReplicaLookup::usable)
              .timeout(sentinel.getTimeout())
              // Also the connection that comes when nobody waits for it any more.
              .doFinally(end -> connecting.thenAccept(StatefulRedisSentinelConnection::closeAsync));
        });
  }

  /** In the order of the answer. */
  static List<NodeAddress> usable(List<Map<String, String>> replicas) {
    List<NodeAddress> usable = new ArrayList<>();
    for (Map<String, String> replica : replicas) {
      NodeAddress address = isUsable(replica) ? addressOf(replica) : null;
      if (address != null && !usable.contains(address)) {
        usable.add(address);
      }
    }
    return usable;
  }

  private static boolean isUsable(Map<String, String> replica) {
    return "ok".equals(replica.get("master-link-status"))
        && Stream.of(replica.getOrDefault("flags", "").split(",")).noneMatch(UNUSABLE::contains);
  }

  private static @Nullable NodeAddress addressOf(Map<String, String> replica) {
    String host = replica.get("ip");
    return host == null || host.isEmpty()
        ? null
        : NodeAddress.parse(host + ":" + replica.get("port"), new NodeAddress(host, 1));
  }
}
