package io.tenantredis.reliability;

import io.lettuce.core.api.sync.RedisCommands;
import io.tenantredis.Outcome;
import io.tenantredis.TenantRedis;
import io.tenantredis.test.server.RespConnection;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import java.util.function.ToIntFunction;

/** One tenant at work, three threads each as fast as it can. */
final class Load {

  private static final int THREADS = 3;

  private final String tenant;
  private final List<Worker> workers = new ArrayList<>();
  private final List<Thread> threads = new ArrayList<>();

  /** The tenant's handle of Tenant Redis, which adds the prefix by itself. */
  static Load of(TenantRedis redis, String tenant, String phase) {
    return new Load(redis.tenant(tenant).sync(), tenant, "", phase);
  }

  /**
   * @param prefix what the commands do not add to keys themselves
   */
  Load(RedisCommands<String, String> commands, String tenant, String prefix, String phase) {
    this.tenant = tenant;
    for (int i = 0; i < THREADS; i++) {
      Worker worker = new Worker(commands, tenant, prefix, phase + i);
      workers.add(worker);
      threads.add(new Thread(worker, "load-" + tenant + "-" + phase + i));
    }
  }

  Load start() {
    threads.forEach(Thread::start);
    return this;
  }

  /** From now on times count as those with the fault. */
  void mark() {
    workers.forEach(Worker::mark);
  }

  /** Runs an action while no command of the load is under way. */
  void inSilence(Runnable action) {
    workers.forEach(Worker::hold);
    try {
      action.run();
    } finally {
      workers.forEach(Worker::release);
    }
  }

  /** One GET, in the first worker's books, made by the calling thread; only in silence. */
  void getOnce() {
    workers.get(0).getOnce();
  }

  void stop() throws InterruptedException {
    workers.forEach(Worker::end);
    for (Thread thread : threads) {
      thread.join();
    }
  }

  private int sum(ToIntFunction<Worker> figure) {
    return workers.stream().mapToInt(figure).sum();
  }

  int calls() {
    return sum(worker -> worker.calls);
  }

  int failures() {
    return sum(worker -> worker.failures);
  }

  /** The first failure that each worker was told of. */
  List<String> firstFailures() {
    return workers.stream().map(worker -> worker.firstFailure).filter(Objects::nonNull).toList();
  }

  int unknown() {
    return sum(worker -> worker.failed(Outcome.UNKNOWN));
  }

  List<String> misplaced() {
    return workers.stream().flatMap(worker -> worker.misplaced.stream()).toList();
  }

  /** p99 since {@link #mark()} divided by p99 before it. */
  double p99Ratio() {
    return (double) p99(true) / Math.max(1, p99(false));
  }

  private long p99(boolean marked) {
    long[] nanos =
        workers.stream()
            .flatMap(worker -> (marked ? worker.nanosMarked : worker.nanosBefore).stream())
            .mapToLong(Long::longValue)
            .sorted()
            .toArray();
    return nanos.length == 0 ? 1 : nanos[nanos.length * 99 / 100];
  }

  /** What the server holds of this load's work. */
  Verdict judge(RespConnection admin) {
    return judge(key -> admin, "tenant:" + tenant + ":");
  }

  /**
   * What several servers hold of this load's work.
   *
   * @param owner the server that has a key
   * @param prefix of the tenant's keys
   */
  Verdict judge(Function<String, RespConnection> owner, String prefix) {
    Verdict verdict = new Verdict();
    workers.forEach(worker -> worker.judge(owner, prefix, verdict));
    return verdict;
  }

  /** What is wrong with what was told, given what the server holds. */
  static final class Verdict {
    int idsTwice;
    long incrementsTwice;
    int lost;
    final List<String> wrong = new ArrayList<>();
  }
}
