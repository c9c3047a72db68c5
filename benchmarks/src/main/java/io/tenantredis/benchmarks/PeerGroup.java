package io.tenantredis.benchmarks;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Clients of one server.
 *
 * @param peers the one that the others are compared with first
 * @param end closes what was opened for one scenario, or does nothing if others go on with it
 */
record PeerGroup(List<Peer> peers, Runnable end) {

  /** Connects clients to a server, both to be closed at the end. */
  static PeerGroup on(
      BenchmarkServer server, List<Function<BenchmarkServer, ? extends @Nullable Peer>> openers) {
    List<Peer> peers = new ArrayList<>();
    for (Function<BenchmarkServer, ? extends @Nullable Peer> opener : openers) {
      Peer peer = opener.apply(server);
      if (peer != null) {
        peers.add(peer);
      }
    }
    List<Peer> opened = Collections.unmodifiableList(peers);
    return new PeerGroup(
        opened,
        () -> {
          opened.forEach(Peer::close);
          server.close();
        });
  }

  /** Lets the compiler see every peer before the first figure is taken, in turns as well. */
  void warmUp(int rounds, long nanos) {
    for (int i = 0; i < rounds; i++) {
      for (Peer peer : peers) {
        for (Load load : List.of(new SyncLoad(4), new AsyncLoad(2, 32))) {
          Load.Work work = load.of(peer, i % 2 == 0 ? Task.GET : Task.SET);
          if (work != null) {
            work.run(nanos);
          }
        }
      }
    }
  }

  /** The same for one of several scenarios, which leaves it open. */
  PeerGroup leftOpen() {
    return new PeerGroup(peers, () -> {});
  }
}
