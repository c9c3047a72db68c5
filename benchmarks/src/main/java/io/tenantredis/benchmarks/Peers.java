package io.tenantredis.benchmarks;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** The clients that do one tenant's tasks, the SDK first. */
final class Peers {

  private static final Map<String, Function<BenchmarkServer, ? extends @Nullable Peer>> ALL = all();

  /** Those that speak to a cluster. */
  private static final Map<String, BiFunction<BenchmarkCluster, Slots, ? extends @Nullable Peer>>
      ON_CLUSTER = onCluster();

  private Peers() {}

  private static Map<String, Function<BenchmarkServer, ? extends @Nullable Peer>> all() {
    Map<String, Function<BenchmarkServer, ? extends @Nullable Peer>> all = new LinkedHashMap<>();
    all.put(TenantRedisPeer.NAME, TenantRedisPeer::plain);
    all.put(LettucePeer.NAME, LettucePeer::new);
    all.put(LettucePoolPeer.NAME, LettucePoolPeer::new);
    all.put(JedisPeer.NAME, JedisPeer::of);
    all.put(RedissonPeer.NAME, RedissonPeer::of);
    all.put(SpringPeer.NAME, SpringPeer::new);
    all.put(GlidePeer.NAME, GlidePeer::find);
    all.put(RedisBenchmarkPeer.NAME, RedisBenchmarkPeer::find);
    return all;
  }

  private static Map<String, BiFunction<BenchmarkCluster, Slots, ? extends @Nullable Peer>>
      onCluster() {
    Map<String, BiFunction<BenchmarkCluster, Slots, ? extends @Nullable Peer>> all =
        new LinkedHashMap<>();
    all.put(TenantRedisPeer.NAME, TenantRedisPeer::of);
    all.put(LettucePeer.NAME, LettuceClusterPeer::new);
    all.put(JedisPeer.NAME, JedisPeer::of);
    all.put(RedissonPeer.NAME, RedissonPeer::of);
    all.put(GlidePeer.NAME, GlideClusterPeer::find);
    return all;
  }

  /** The names of all of them. */
  static Set<String> names() {
    return ALL.keySet();
  }

  /** Connects those that are wanted, and the SDK, to a server, which they close at the end. */
  static PeerGroup on(BenchmarkServer server, Predicate<String> wanted) {
    return PeerGroup.on(server, wanted(ALL, wanted));
  }

  /** Connects those that are wanted, and the SDK, to a cluster, which stays. */
  static PeerGroup on(BenchmarkCluster cluster, Slots slots, Predicate<String> wanted) {
    List<Peer> peers = new ArrayList<>();
    for (BiFunction<BenchmarkCluster, Slots, ? extends @Nullable Peer> opener :
        wanted(ON_CLUSTER, wanted)) {
      Peer peer = opener.apply(cluster, slots);
      if (peer != null) {
        peers.add(peer);
      }
    }
    List<Peer> opened = Collections.unmodifiableList(peers);
    return new PeerGroup(opened, () -> opened.forEach(Peer::close));
  }

  private static <T> List<T> wanted(Map<String, T> all, Predicate<String> wanted) {
    return all.entrySet().stream()
        .filter(peer -> peer.getKey().equals(TenantRedisPeer.NAME) || wanted.test(peer.getKey()))
        .map(Map.Entry::getValue)
        .toList();
  }
}
