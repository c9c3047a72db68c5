package io.tenantredis.benchmarks;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A task under a load, done by clients that all work on the same keys of one tenant. */
record PeerScenario(Measure measure, Task task, Load load, Supplier<PeerGroup> peers)
    implements Scenario {

  @Override
  public List<Measure> measures() {
    return List.of(measure);
  }

  @Override
  public @Nullable String obstacle() {
    return load.obstacle();
  }

  @Override
  public Contest open() {
    PeerGroup group = peers.get();
    List<Contestant> contestants = new ArrayList<>();
    for (Peer peer : group.peers()) {
      Load.Work work = load.of(peer, task);
      if (work != null) {
        contestants.add(new Contestant(peer.name(), nanos -> new double[] {work.run(nanos)}));
      }
    }
    return new Contest(contestants, group.end());
  }
}
