package io.tenantredis.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Runs whole workloads with the SDK and with its peers in turns on one server, which it starts, and
 * prints how they compare. Usage: {@value Options#USAGE}.
 */
public final class SideBySide {

  /** With starting, warming up and closing that leaves some of 45 seconds on a busy machine. */
  private static final Duration QUICK_BUDGET = Duration.ofSeconds(33);

  private static final Duration SLICE = Duration.ofMillis(600);
  private static final Duration SHORTEST = Duration.ofMillis(20);
  private static final int QUICK_ROUNDS = 5;
  private static final int ROUNDS = 11;

  private SideBySide() {}

  /**
   * Runs the scenarios whose names begin with one of the words given, or all.
   *
   * @param arguments see the class
   * @throws IOException if the JSON file cannot be written
   */
  public static void main(String[] arguments) throws IOException {
    Options options;
    try {
      options = Options.parse(arguments);
    } catch (IllegalArgumentException wrong) {
      System.err.println(wrong.getMessage());
      System.exit(2);
      return;
    }
    List<Result> results = run(options);
    Report.table(results, System.out);
    if (options.json() != null) {
      Files.writeString(options.json(), Report.json(results));
    }
    if (options.markdown() != null) {
      Files.writeString(options.markdown(), Report.markdown(results));
    }
    // Some peers keep threads alive after they were closed.
    System.exit(0);
  }

  private static List<Result> run(Options options) {
    List<Scenario> scenarios = Scenarios.all().stream().filter(options::wants).toList();
    List<Result> results = new ArrayList<>();
    try (BenchmarkServer server = BenchmarkServer.start()) {
      List<Peer> peers = Peers.open(server, options);
      try {
        long deadline = System.nanoTime() + QUICK_BUDGET.toNanos();
        warmUp(peers);
        for (int i = 0; i < scenarios.size(); i++) {
          long share = (deadline - System.nanoTime()) / (scenarios.size() - i);
          Result result = rounds(options, share, peers.size()).run(scenarios.get(i), peers);
          results.add(result);
          Report.ratioLines(result, System.out);
        }
      } finally {
        peers.forEach(Peer::close);
      }
    }
    return results;
  }

  private static Rounds rounds(Options options, long quickShare, int peers) {
    if (options.quick()) {
      int rounds = options.rounds() > 0 ? options.rounds() : QUICK_ROUNDS;
      long slice = quickShare / ((rounds + 1L) * peers);
      return new Rounds(rounds, Math.min(SLICE.toNanos(), Math.max(SHORTEST.toNanos(), slice)));
    }
    return new Rounds(options.rounds() > 0 ? options.rounds() : ROUNDS, SLICE.toNanos());
  }

  /** Lets the compiler see every peer before the first figure is taken, in turns as well. */
  private static void warmUp(List<Peer> peers) {
    for (int i = 0; i < 4; i++) {
      for (Peer peer : peers) {
        for (Load load : List.of(new SyncLoad(4), new AsyncLoad(2, 32))) {
          Load.Work work = load.of(peer, i % 2 == 0 ? Task.GET : Task.SET);
          if (work != null) {
            work.run(TimeUnit.MILLISECONDS.toNanos(200));
          }
        }
      }
    }
  }
}
