package io.tenantredis.test;

import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import io.tenantredis.TenantRedis;
import io.tenantredis.test.server.RedisServer;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;

/** Runs a test, says where its server is, and waits to be killed or comes to its end. */
final class AbandonedTests {

  static final String MODE = "tenantredis.abandoned";

  private AbandonedTests() {}

  public static void main(String[] args) throws Exception {
    Set<Thread> before = Set.copyOf(Thread.getAllStackTraces().keySet());
    LauncherFactory.create()
        .execute(
            LauncherDiscoveryRequestBuilder.request().selectors(selectClass(One.class)).build());
    List<Thread> ours =
        Thread.getAllStackTraces().keySet().stream()
            .filter(thread -> !before.contains(thread) && isOurs(thread.getName()))
            .toList();
    for (Thread thread : ours) {
      // One that is about to end is not left.
      thread.join(30_000);
    }
    List<String> left =
        ours.stream().filter(Thread::isAlive).map(Thread::getName).sorted().toList();
    System.out.println("threads: " + left);
  }

  private static boolean isOurs(String name) {
    return name.startsWith("tenant-redis-test") || name.startsWith("lettuce");
  }

  @TenantRedisTest
  static class One {

    @Test
    void leaves(TenantRedis redis, TestTenants tenants, RedisServer server) throws Exception {
      redis.tenant("acme").sync().set("a", "1");
      tenants.admin().ping();
      System.out.println("pid: " + server.pid());
      System.out.println("directory: " + server.directory());
      System.out.println("port: " + server.port());
      if (System.getProperty(MODE, "").equals("wait")) {
        new CountDownLatch(1).await();
      }
    }
  }
}
