package io.tenantredis.benchmarks;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** All peers, the SDK first. */
final class Peers {

  private static final Map<String, Function<BenchmarkServer, @Nullable Peer>> ALL = all();

  private Peers() {}

  private static Map<String, Function<BenchmarkServer, @Nullable Peer>> all() {
    Map<String, Function<BenchmarkServer, @Nullable Peer>> all = new LinkedHashMap<>();
    all.put(TenantRedisPeer.NAME, TenantRedisPeer::plain);
    all.put(TenantRedisPeer.METERED, TenantRedisPeer::metered);
    all.put(TenantRedisPeer.OBSERVED, TenantRedisPeer::observed);
    all.put(LettucePeer.NAME, LettucePeer::new);
    all.put(LettucePoolPeer.NAME, LettucePoolPeer::new);
    all.put(JedisPeer.NAME, JedisPeer::new);
    all.put(RedissonPeer.NAME, RedissonPeer::new);
    all.put(RedisBenchmarkPeer.NAME, RedisBenchmarkPeer::find);
    return all;
  }

  static List<Peer> open(BenchmarkServer server, Options options) {
    List<Peer> peers = new ArrayList<>();
    ALL.forEach(
        (name, opening) -> {
          if (options.wantsPeer(name)) {
            Peer peer = opening.apply(server);
            if (peer != null) {
              peers.add(peer);
            }
          }
        });
    return peers;
  }
}
