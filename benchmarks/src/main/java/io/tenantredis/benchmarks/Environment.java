package io.tenantredis.benchmarks;

import java.lang.management.ManagementFactory;
import java.util.Locale;

/**
 * Where figures were taken: they mean nothing without.
 *
 * @param jdk the version of Java
 * @param system the operating system
 * @param cores processors that this process may use
 * @param server the server's version
 * @param rounds turns of each contestant, where a scenario does not have fewer
 * @param sliceMillis how long a turn is, where its work is not fixed
 * @param loadBefore the system's load average before the run; negative where there is none
 * @param loadAfter and after it
 */
record Environment(
    String jdk,
    String system,
    int cores,
    String server,
    int rounds,
    long sliceMillis,
    double loadBefore,
    double loadAfter) {

  /** Before the run. */
  static Environment of(String server, int rounds, long sliceMillis) {
    double load = load();
    return new Environment(
        Runtime.version().toString(),
        System.getProperty("os.name") + " " + System.getProperty("os.arch"),
        Runtime.getRuntime().availableProcessors(),
        server,
        rounds,
        sliceMillis,
        load,
        load);
  }

  Environment afterwards() {
    return new Environment(jdk, system, cores, server, rounds, sliceMillis, loadBefore, load());
  }

  private static double load() {
    return ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage();
  }

  /** One line for people. */
  @Override
  public String toString() {
    return String.format(
        Locale.ROOT,
        "JDK %s, %s, %d cores, server %s, up to %d rounds of %d ms, load average %.1f before and"
            + " %.1f after",
        jdk,
        system,
        cores,
        server,
        rounds,
        sliceMillis,
        loadBefore,
        loadAfter);
  }
}
