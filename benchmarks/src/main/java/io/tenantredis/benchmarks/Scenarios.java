package io.tenantredis.benchmarks;

import java.util.ArrayList;
import java.util.List;

/** All scenarios. */
final class Scenarios {

  private Scenarios() {}

  static List<Scenario> all() {
    List<Scenario> all = new ArrayList<>();
    for (int threads : new int[] {1, 8, 32}) {
      all.add(sync("sync-get-", Task.GET, threads));
      all.add(sync("sync-set-", Task.SET, threads));
    }
    all.add(async(1, 64));
    all.add(async(4, 64));
    all.add(async(16, 16));
    all.add(
        new Scenario(
            "batch-get-4x64",
            "4 threads, 64 GET and wait for all",
            Task.GET,
            new BatchLoad(4, 64)));
    all.add(
        new Scenario(
            "reactive-get-4x64",
            "4 threads, a Flux with 64 GET in flight",
            Task.GET,
            new ReactiveLoad(4, 64)));
    all.add(new Scenario("mget-100", "1 thread, MGET of 100 keys", Task.MGET_100, new SyncLoad(1)));
    all.add(new Scenario("hset-20", "1 thread, HSET of 20 fields", Task.HSET_20, new SyncLoad(1)));
    return all;
  }

  private static Scenario sync(String name, Task task, int threads) {
    return new Scenario(
        name + threads, threads + " threads, blocking " + task, task, new SyncLoad(threads));
  }

  private static Scenario async(int threads, int depth) {
    return new Scenario(
        "async-get-" + threads + "x" + depth,
        threads + " threads, each " + depth + " GET in flight",
        Task.GET,
        new AsyncLoad(threads, depth));
  }
}
