package io.tenantredis.benchmarks;

import java.util.List;
import java.util.Locale;

/**
 * How many connections and how much memory a number of tenants and instances needs, and how long it
 * takes until all are connected again after a failover: the tables of docs/topologies.md. Takes no
 * arguments, measures nothing, and prints the same each time.
 */
public final class Sizing {

  private static final long SECOND = 1_000_000_000L;
  private static final long MILLI = 1_000_000L;
  private static final long SEED = 1;

  private static final double IDLE_SECONDS = 600;

  private record Deployment(String name, Demand demand, Layout layout, int servers) {}

  private static final List<Deployment> DEPLOYMENTS =
      List.of(
          new Deployment("one server", anywhere(1_000, 10, 500), Layout.SERVERS, 1),
          new Deployment("one server", anywhere(10_000, 20, 500), Layout.SERVERS, 1),
          new Deployment(
              "cluster, hash tag", anywhere(10_000, 100, 500), Layout.CLUSTER_TAGGED, 16),
          new Deployment("cluster, spread", anywhere(10_000, 100, 500), Layout.CLUSTER_SPREAD, 16),
          new Deployment("separate servers", anywhere(100_000, 100, 500), Layout.SERVERS, 64),
          new Deployment("separate servers", pinned(100_000, 100, 500, 3), Layout.SERVERS, 16),
          new Deployment("separate servers", anywhere(1_000_000, 1_000, 500), Layout.SERVERS, 256),
          new Deployment("separate servers", pinned(1_000_000, 1_000, 500, 3), Layout.SERVERS, 64),
          new Deployment(
              "cluster, hash tag", pinned(1_000_000, 1_000, 500, 3), Layout.CLUSTER_TAGGED, 64),
          new Deployment(
              "cluster, spread", pinned(1_000_000, 1_000, 500, 3), Layout.CLUSTER_SPREAD, 64));

  private Sizing() {}

  private static Demand anywhere(int tenants, int instances, double requests) {
    return pinned(tenants, instances, requests, instances);
  }

  private static Demand pinned(int tenants, int instances, double requests, int instancesOfTenant) {
    return new Demand(tenants, instances, requests, IDLE_SECONDS, instancesOfTenant, 1);
  }

  /**
   * Prints both tables.
   *
   * @param arguments none
   */
  public static void main(String[] arguments) {
    System.out.println(steadyState());
    System.out.println(storms());
  }

  static String steadyState() {
    StringBuilder table =
        new StringBuilder(
            """
            | Tenants | Instances | A tenant's requests go to | Layout | Servers | Tenants in use at an instance | Connections of an instance | Its heap for them | Connections of a server | Its memory for them | Users on a server | Their memory | `ACL SAVE` takes |
            | ---: | ---: | --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |
            """);
    for (Deployment deployment : DEPLOYMENTS) {
      Demand demand = deployment.demand();
      int servers = deployment.servers();
      double inUse = demand.tenantsInUse();
      double ofInstance = deployment.layout().connectionsOfInstance(inUse, servers);
      double ofServer = deployment.layout().connectionsOfServer(demand, inUse, servers);
      double users = deployment.layout().usersOfServer(demand, servers);
      table.append(
          String.format(
              Locale.ROOT,
              "| %,d | %,d | %s | %s | %d | %,.0f | %,.0f | %s | %,.0f | %s | %,.0f | %s | %,.1f s |\n",
              demand.tenants(),
              demand.instances(),
              demand.instancesOfTenant() == demand.instances()
                  ? "any instance"
                  : demand.instancesOfTenant() + " instances",
              deployment.name(),
              servers,
              inUse,
              ofInstance,
              bytes(ofInstance * Costs.HEAP_OF_CONNECTION),
              ofServer,
              bytes(ofServer * Costs.BYTES_OF_CONNECTION),
              users,
              bytes(users * Costs.BYTES_OF_USER),
              users * Costs.SAVE_MILLIS_OF_1000_USERS / 1e6));
    }
    return table.toString();
  }

  static String storms() {
    StringBuilder table =
        new StringBuilder(
            """
            | Instances | Connections of each | `maxConcurrentConnects` | `connectTimeout` | `tcp-backlog` | The server makes a second | 99 of 100 are back after | All are back after | Attempts given up | Work wasted | Longest queue at the server |
            | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |
            """);
    double plain = 1e6 / Costs.CONNECT_MICROS;
    double tls = 1e6 / Costs.TLS_CONNECT_MICROS;
    storm(table, 10, 2_000, 64, 5, 511, plain);
    storm(table, 1_000, 20, 64, 5, 511, plain);
    storm(table, 1_000, 20, 4, 5, 511, plain);
    storm(table, 10, 2_000, 64, 5, 511, tls);
    storm(table, 1_000, 20, 64, 5, 511, tls);
    storm(table, 1_000, 20, 4, 5, 511, tls);
    storm(table, 1_000, 20, 64, 30, 511, tls);
    storm(table, 1_000, 20, 4, 30, 511, tls);
    storm(table, 1_000, 20, 64, 5, 65_535, tls);
    storm(table, 1_000, 20, 64, 30, 65_535, tls);
    storm(table, 1_000, 20, 4, 30, 65_535, tls);
    return table.toString();
  }

  private static void storm(
      StringBuilder table,
      int instances,
      int connections,
      int concurrent,
      int timeoutSeconds,
      int backlog,
      double perSecond) {
    ReconnectStorm.Outcome outcome =
        new ReconnectStorm(
                instances,
                connections,
                concurrent,
                perSecond,
                backlog,
                SECOND,
                MILLI,
                timeoutSeconds * SECOND,
                50 * MILLI,
                2 * SECOND)
            .play(SEED, 120 * SECOND);
    table.append(
        String.format(
            Locale.ROOT,
            "| %,d | %,d | %d | %d s | %,d | %,.0f | %s | %s | %,d | %.0f %% | %.1f s |\n",
            instances,
            connections,
            concurrent,
            timeoutSeconds,
            backlog,
            perSecond,
            seconds(outcome.secondsOfMost()),
            seconds(outcome.seconds()),
            outcome.timedOut(),
            100 * outcome.wasted((long) instances * connections),
            outcome.queueSeconds()));
  }

  private static String seconds(double seconds) {
    return Double.isInfinite(seconds)
        ? "not in 2 minutes"
        : String.format(Locale.ROOT, "%.1f s", seconds);
  }

  private static String bytes(double bytes) {
    if (bytes >= 1e9) {
      return String.format(Locale.ROOT, "%.1f GB", bytes / 1e9);
    }
    return String.format(Locale.ROOT, "%.1f MB", bytes / 1e6);
  }
}
