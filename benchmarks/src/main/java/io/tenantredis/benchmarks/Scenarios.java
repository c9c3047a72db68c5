package io.tenantredis.benchmarks;

import io.tenantredis.ResilienceOptions;
import io.tenantredis.TenantClient;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import java.util.function.Supplier;

/** All scenarios. */
final class Scenarios {

  private final Sizes sizes;
  private final Supplier<PeerGroup> peers;
  private final Function<Slots, PeerGroup> onCluster;
  private final List<Scenario> all = new ArrayList<>();

  private Scenarios(Sizes sizes, Supplier<PeerGroup> peers, Function<Slots, PeerGroup> onCluster) {
    this.sizes = sizes;
    this.peers = peers;
    this.onCluster = onCluster;
  }

  /**
   * In the order in which they run.
   *
   * @param peers the clients that most of them compare, opened when they are first needed
   * @param onCluster the clients of a cluster, likewise
   */
  static List<Scenario> all(
      Sizes sizes, Supplier<PeerGroup> peers, Function<Slots, PeerGroup> onCluster) {
    Scenarios scenarios = new Scenarios(sizes, peers, onCluster);
    scenarios.calls();
    scenarios.inFlight();
    scenarios.batches();
    scenarios.cluster();
    scenarios.settings();
    scenarios.tenants();
    scenarios.neighbours();
    return List.copyOf(scenarios.all);
  }

  private void calls() {
    for (int threads : new int[] {1, 8, 32}) {
      all.add(sync(Task.GET, threads));
      all.add(sync(Task.SET, threads));
    }
    for (int threads : new int[] {128, 1_000}) {
      all.add(
          new PeerScenario(
              operations(
                  Group.CALLS,
                  "virtual-get-" + threads,
                  threads + " virtual threads, blocking GET"),
              Task.GET,
              SyncLoad.virtual(threads),
              peers));
    }
  }

  private Scenario sync(Task task, int threads) {
    return new PeerScenario(
        operations(
            Group.CALLS,
            "sync-" + task.name().toLowerCase(Locale.ROOT) + "-" + threads,
            count(threads, "thread") + ", blocking " + task),
        task,
        new SyncLoad(threads),
        peers);
  }

  private void inFlight() {
    all.add(async(1, 64));
    all.add(async(4, 64));
    all.add(async(16, 16));
    all.add(
        new PeerScenario(
            operations(
                Group.IN_FLIGHT, "batch-get-4x64", "4 threads, 64 GET and wait for all of them"),
            Task.GET,
            new BatchLoad(4, 64),
            peers));
    all.add(
        new PeerScenario(
            operations(
                Group.IN_FLIGHT, "reactive-get-4x64", "4 threads, a Flux with 64 GET in flight"),
            Task.GET,
            new ReactiveLoad(4, 64),
            peers));
  }

  private Scenario async(int threads, int depth) {
    return new PeerScenario(
        operations(
            Group.IN_FLIGHT,
            "async-get-" + threads + "x" + depth,
            count(threads, "thread") + ", each " + depth + " GET in flight"),
        Task.GET,
        new AsyncLoad(threads, depth),
        peers);
  }

  private void batches() {
    all.add(batch("mget-100", "1 thread, MGET of 100 keys", Task.MGET_100));
    all.add(batch("hset-20", "1 thread, HSET of 20 fields", Task.HSET_20));
    all.add(batch("pipeline-100", "1 thread, pipeline of 100 GET", Task.PIPELINE_100));
    all.add(batch("multi-10", "1 thread, MULTI with 10 SET", Task.MULTI_10));
    all.add(new KeySpaceScenario(sizes.ownKeys(), sizes.allKeys(), false));
    all.add(new KeySpaceScenario(sizes.ownKeys(), sizes.allKeys(), true));
  }

  private Scenario batch(String name, String description, Task task) {
    return new PeerScenario(
        operations(Group.BATCHES, name, description), task, new SyncLoad(1), peers);
  }

  private void cluster() {
    for (Slots slots : Slots.values()) {
      cluster(slots, "get-8", "8 threads, blocking GET", Task.GET, new SyncLoad(8));
      cluster(
          slots, "async-4x64", "4 threads, each 64 GET in flight", Task.GET, new AsyncLoad(4, 64));
      cluster(slots, "mget-100", "1 thread, MGET of 100 keys", Task.MGET_100, new SyncLoad(1));
    }
  }

  private void cluster(Slots slots, String name, String description, Task task, Load load) {
    all.add(
        new PeerScenario(
            operations(
                Group.CLUSTER,
                "cluster-" + slots.label() + "-" + name,
                slots.description() + ", " + description),
            task,
            load,
            () -> onCluster.apply(slots)));
  }

  private void settings() {
    Supplier<PeerGroup> variants =
        () ->
            PeerGroup.on(
                BenchmarkServer.start(),
                List.of(
                    TenantRedisPeer::plain,
                    TenantRedisPeer::metered,
                    TenantRedisPeer::observed,
                    TenantRedisPeer::withoutRetries,
                    TenantRedisPeer::withoutBreaker));
    setting("settings-get-8", "defaults, 8 threads, blocking GET", Task.GET, 8, variants);
    setting("settings-get-32", "defaults, 32 threads, blocking GET", Task.GET, 32, variants);
    settingAsync("settings-async-4x64", "defaults", variants);
    Supplier<PeerGroup> overTls =
        () ->
            PeerGroup.on(
                BenchmarkServer.startTls(), List.of(TenantRedisPeer::plain, LettucePeer::new));
    setting("tls-get-8", "TLS, 8 threads, blocking GET", Task.GET, 8, overTls);
    settingAsync("tls-async-4x64", "TLS", overTls);
    Supplier<PeerGroup> templates =
        () ->
            PeerGroup.on(BenchmarkServer.start(), List.of(TenantSpringPeer::new, SpringPeer::new));
    setting("template-get-1", "Spring template, 1 thread, GET", Task.GET, 1, templates);
    setting("template-get-8", "Spring template, 8 threads, GET", Task.GET, 8, templates);
    setting(
        "template-pipeline-100",
        "Spring template, 1 thread, pipeline of 100 GET",
        Task.PIPELINE_100,
        1,
        templates);
  }

  private void setting(
      String name, String description, Task task, int threads, Supplier<PeerGroup> contestants) {
    all.add(
        new PeerScenario(
            operations(Group.SETTINGS, name, description),
            task,
            new SyncLoad(threads),
            contestants));
  }

  private void settingAsync(String name, String what, Supplier<PeerGroup> contestants) {
    all.add(
        new PeerScenario(
            operations(Group.SETTINGS, name, what + ", 4 threads, each 64 GET in flight"),
            Task.GET,
            new AsyncLoad(4, 64),
            contestants));
  }

  private void tenants() {
    all.add(new TenantsScenario(1, false));
    all.add(new TenantsScenario(100, true));
    all.add(new TenantsScenario(sizes.manyTenants(), false));
    all.add(new EvictionScenario(sizes.manyTenants()));
  }

  private void neighbours() {
    neighbour("flood", "a flood without a limit", ResilienceOptions.builder(), Noise::flood);
    neighbour(
        "flood-rate-limited",
        "a flood with a limit of 20 calls in 2 ms",
        ResilienceOptions.builder().rateLimit(20, Duration.ofMillis(2)),
        Noise::flood);
    neighbour(
        "flood-in-bursts",
        "a flood with a limit of 1,000 calls in 100 ms",
        ResilienceOptions.builder().rateLimit(1_000, Duration.ofMillis(100)),
        Noise::flood);
    neighbour(
        "flood-bulkhead",
        "a flood with at most 8 calls at a time",
        ResilienceOptions.builder().maxConcurrentCalls(8),
        Noise::flood);
    neighbour(
        "blocking",
        "8 commands that wait on the server",
        ResilienceOptions.builder(),
        Noise::block);
  }

  private void neighbour(
      String kind,
      String description,
      ResilienceOptions.Builder limits,
      Function<TenantClient<String, String>, Noise> noise) {
    all.add(new NeighbourScenario(kind, description, limits.build(), noise));
  }

  private static Measure operations(Group group, String name, String description) {
    return new Measure(group, name, description, Unit.OPERATIONS);
  }

  private static String count(int threads, String what) {
    return threads + " " + what + (threads == 1 ? "" : "s");
  }

  /**
   * What is large in some scenarios.
   *
   * @param manyTenants tenants of the scenario that has the most
   * @param ownKeys keys of the tenant that walks through its own
   * @param allKeys keys of the server, those included
   */
  record Sizes(int manyTenants, int ownKeys, int allKeys) {

    static final Sizes FULL = new Sizes(10_000, 100_000, 1_000_000);

    /** For a run that ends within 45 seconds. */
    static final Sizes QUICK = new Sizes(150, 5_000, 30_000);
  }
}
