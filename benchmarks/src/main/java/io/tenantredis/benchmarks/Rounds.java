package io.tenantredis.benchmarks;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Runs a scenario with all peers in turns: a short slice each, in an order that is turned around
 * from round to round, so that whatever else goes on in the machine meets all of them.
 */
final class Rounds {

  private final int rounds;
  private final long sliceNanos;

  Rounds(int rounds, long sliceNanos) {
    this.rounds = rounds;
    this.sliceNanos = sliceNanos;
  }

  Result run(Scenario scenario, List<Peer> peers) {
    List<Turn> turns = new ArrayList<>();
    for (Peer peer : peers) {
      Load.Work work = scenario.load().of(peer, scenario.task());
      if (work != null) {
        turns.add(new Turn(peer.name(), work, rounds));
      }
    }
    turns.forEach(turn -> turn.work.run(sliceNanos));
    for (int round = 0; round < rounds; round++) {
      for (Turn turn : turns) {
        turn.rates[round] = turn.work.run(sliceNanos);
      }
      Collections.reverse(turns);
    }
    return result(scenario, turns);
  }

  private static Result result(Scenario scenario, List<Turn> turns) {
    Map<String, double[]> byPeer = new LinkedHashMap<>();
    turns.stream()
        .sorted((a, b) -> Boolean.compare(isSubject(b.peer), isSubject(a.peer)))
        .forEach(turn -> byPeer.put(turn.peer, turn.rates));
    Map<String, Sample> rates = new LinkedHashMap<>();
    Map<String, Sample> ratios = new LinkedHashMap<>();
    double[] subject = byPeer.get(TenantRedisPeer.NAME);
    byPeer.forEach(
        (peer, figures) -> {
          rates.put(peer, Sample.of(figures));
          if (subject != null && !isSubject(peer)) {
            double[] quotients = new double[figures.length];
            for (int i = 0; i < figures.length; i++) {
              quotients[i] = subject[i] / figures[i];
            }
            ratios.put(peer, Sample.of(quotients));
          }
        });
    return new Result(scenario, rates, ratios);
  }

  private static boolean isSubject(String peer) {
    return peer.equals(TenantRedisPeer.NAME);
  }

  private static final class Turn {

    private final String peer;
    private final Load.Work work;
    private final double[] rates;

    Turn(String peer, Load.Work work, int rounds) {
      this.peer = peer;
      this.work = work;
      this.rates = new double[rounds];
    }
  }
}
