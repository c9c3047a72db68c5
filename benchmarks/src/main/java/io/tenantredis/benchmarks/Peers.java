package io.tenantredis.benchmarks;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** The clients that do one tenant's tasks, the SDK first. */
final class Peers {

  private static final Map<String, Function<BenchmarkServer, ? extends @Nullable Peer>> ALL = all();

  private Peers() {}

  private static Map<String, Function<BenchmarkServer, ? extends @Nullable Peer>> all() {
    Map<String, Function<BenchmarkServer, ? extends @Nullable Peer>> all = new LinkedHashMap<>();
    all.put(TenantRedisPeer.NAME, TenantRedisPeer::plain);
    all.put(LettucePeer.NAME, LettucePeer::new);
    all.put(LettucePoolPeer.NAME, LettucePoolPeer::new);
    all.put(JedisPeer.NAME, JedisPeer::new);
    all.put(RedissonPeer.NAME, RedissonPeer::new);
    all.put(SpringPeer.NAME, SpringPeer::new);
    all.put(GlidePeer.NAME, GlidePeer::find);
    all.put(RedisBenchmarkPeer.NAME, RedisBenchmarkPeer::find);
    return all;
  }

  /** The names of all of them. */
  static Set<String> names() {
    return ALL.keySet();
  }

  /** How to connect those that are wanted, and the SDK. */
  static List<Function<BenchmarkServer, ? extends @Nullable Peer>> openers(
      Predicate<String> wanted) {
    return ALL.entrySet().stream()
        .filter(peer -> peer.getKey().equals(TenantRedisPeer.NAME) || wanted.test(peer.getKey()))
        .<Function<BenchmarkServer, ? extends @Nullable Peer>>map(Map.Entry::getValue)
        .toList();
  }
}
