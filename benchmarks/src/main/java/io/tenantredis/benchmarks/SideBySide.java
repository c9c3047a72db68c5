package io.tenantredis.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Runs whole workloads with the SDK and with its peers in turns on servers that it starts, and
 * prints how they compare. Usage: {@value Options#USAGE}.
 */
public final class SideBySide {

  /** With starting, warming up and closing that leaves some of 45 seconds on a busy machine. */
  private static final Duration QUICK_BUDGET = Duration.ofSeconds(10);

  private static final Duration SLICE = Duration.ofMillis(200);
  private static final long WARM_UP_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
  private static final Duration SHORTEST = Duration.ofMillis(10);
  private static final int QUICK_ROUNDS = 5;

  /** Of scenarios whose turns take their time however short a slice is. */
  private static final int QUICK_SLOW_ROUNDS = 3;

  private static final int ROUNDS = 15;

  private SideBySide() {}

  /**
   * Takes the measures whose names begin with one of the words given, or all.
   *
   * @param arguments see the class
   * @throws IOException if a file cannot be written
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
    List<Result> results = new ArrayList<>();
    Environment environment = run(options, results);
    Report.table(results, System.out);
    System.out.println("\n" + environment);
    write(options.json(), Report.json(environment, results));
    write(options.markdown(), Report.markdown(environment, results));
    draw(options.plots(), results);
    // Some peers keep threads alive after they were closed.
    System.exit(0);
  }

  private static void write(@Nullable Path file, String text) throws IOException {
    if (file != null) {
      Files.writeString(file, text);
    }
  }

  private static void draw(@Nullable Path directory, List<Result> results) throws IOException {
    if (directory == null) {
      return;
    }
    Files.createDirectories(directory);
    for (Group group : Group.values()) {
      List<Result> shown = results.stream().filter(one -> one.measure().group() == group).toList();
      if (!shown.isEmpty()) {
        Files.writeString(
            directory.resolve(group.fileName() + ".svg"), Plot.svg(group.title(), shown));
      }
    }
  }

  private static Environment run(Options options, List<Result> results) {
    long deadline = System.nanoTime() + QUICK_BUDGET.toNanos();
    int rounds = rounds(options);
    try (SharedPeers peers = new SharedPeers(options);
        ClusterPeers onCluster = new ClusterPeers(options)) {
      Environment environment = Environment.of(peers.serverVersion(), rounds, SLICE.toMillis());
      List<Scenario> scenarios = new ArrayList<>();
      for (Scenario scenario :
          Scenarios.all(
              options.quick() ? Scenarios.Sizes.QUICK : Scenarios.Sizes.FULL,
              peers::group,
              onCluster::group)) {
        if (options.wants(scenario)) {
          String obstacle = scenario.obstacle();
          if (obstacle == null) {
            scenarios.add(scenario);
          } else {
            System.out.println(
                String.join("\t", "skipped", scenario.measures().get(0).name(), obstacle));
          }
        }
      }
      for (int i = 0; i < scenarios.size(); i++) {
        Scenario scenario = scenarios.get(i);
        long share = (deadline - System.nanoTime()) / (scenarios.size() - i);
        try (Contest contest = scenario.open()) {
          int turns = Math.min(rounds, mostRounds(scenario, options));
          long slice =
              options.quick()
                  ? quickSlice(share, turns, contest.contestants().size() * scenario.slices())
                  : SLICE.toNanos();
          for (Result result :
              new Rounds(turns, slice).run(scenario.measures(), contest.contestants())) {
            results.add(result);
            Report.ratioLines(result, System.out);
          }
        }
      }
      return environment.afterwards();
    }
  }

  private static int mostRounds(Scenario scenario, Options options) {
    int most = scenario.mostRounds();
    return options.quick() && most < Integer.MAX_VALUE ? Math.min(most, QUICK_SLOW_ROUNDS) : most;
  }

  private static int rounds(Options options) {
    if (options.rounds() > 0) {
      return options.rounds();
    }
    return options.quick() ? QUICK_ROUNDS : ROUNDS;
  }

  private static long quickSlice(long share, int rounds, int slices) {
    long slice = share / ((rounds + 1L) * slices);
    return Math.min(SLICE.toNanos(), Math.max(SHORTEST.toNanos(), slice));
  }

  /** The clients that most scenarios compare, connected when the first of these begins. */
  private static final class SharedPeers implements AutoCloseable {

    private final Options options;
    private final BenchmarkServer server = BenchmarkServer.start();
    private @Nullable PeerGroup group;

    SharedPeers(Options options) {
      this.options = options;
    }

    String serverVersion() {
      return server.version();
    }

    PeerGroup group() {
      PeerGroup opened = group;
      if (opened == null) {
        opened = Peers.on(server, options::wantsPeer);
        group = opened;
        opened.warmUp(4, WARM_UP_NANOS);
      }
      return opened.leftOpen();
    }

    @Override
    public void close() {
      PeerGroup opened = group;
      if (opened == null) {
        server.close();
      } else {
        opened.end().run();
      }
    }
  }

  /** The same of clusters: one for all scenarios, whose clients name their keys in one way. */
  private static final class ClusterPeers implements AutoCloseable {

    private final Options options;
    private final Map<Slots, PeerGroup> groups = new EnumMap<>(Slots.class);
    private @Nullable BenchmarkCluster cluster;

    ClusterPeers(Options options) {
      this.options = options;
    }

    PeerGroup group(Slots slots) {
      PeerGroup opened = groups.get(slots);
      if (opened == null) {
        opened = Peers.on(cluster(), slots, options::wantsPeer);
        groups.put(slots, opened);
        opened.warmUp(2, WARM_UP_NANOS);
      }
      return opened.leftOpen();
    }

    private BenchmarkCluster cluster() {
      BenchmarkCluster started = cluster;
      if (started == null) {
        started = BenchmarkCluster.start();
        cluster = started;
      }
      return started;
    }

    @Override
    public void close() {
      groups.values().forEach(group -> group.end().run());
      BenchmarkCluster started = cluster;
      if (started != null) {
        started.close();
      }
    }
  }
}
