package io.tenantredis.benchmarks;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** All peers, the SDK first. */
final class Peers {

  private static final Map<String, Function<BenchmarkServer, Peer>> ALL = all();

  private Peers() {}

  private static Map<String, Function<BenchmarkServer, Peer>> all() {
    Map<String, Function<BenchmarkServer, Peer>> all = new LinkedHashMap<>();
    all.put(TenantRedisPeer.NAME, TenantRedisPeer::new);
    all.put(LettucePeer.NAME, LettucePeer::new);
    return all;
  }

  static List<Peer> open(BenchmarkServer server, Options options) {
    List<Peer> peers = new ArrayList<>();
    ALL.forEach(
        (name, opening) -> {
          if (options.wantsPeer(name)) {
            peers.add(opening.apply(server));
          }
        });
    return peers;
  }
}
