package io.tenantredis;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.util.internal.PlatformDependent;
import io.tenantredis.test.server.RedisServer;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/** What connected and evicted tenants cost in memory and threads. Long: runs on demand. */
@EnabledIfSystemProperty(named = "tenantredis.long", matches = "true")
class FootprintTest {

  private static final int TENANTS = Integer.getInteger("tenantredis.footprint.tenants", 3000);

  @Test
  void manyTenantsCostLittleAndNoThread() throws Exception {
    RedisServer.Builder builder =
        RedisServer.builder().adminUser("admin", "admin-secret").setting("maxclients", "20000");
    for (int i = 0; i <= TENANTS; i++) {
      builder.user("tenant_t" + i, "on", ">" + Tenants.password("t" + i), "~*", "+@all");
    }
    try (RedisServer server = builder.start();
        TenantRedis redis =
            Tenants.client(server)
                .connections(
                    ConnectionOptions.builder()
                        .maxConcurrentConnects(16)
                        .idleTime(Duration.ofSeconds(30))
                        .build())
                .build()) {
      redis.tenant("t" + TENANTS).sync().set("k", "v");
      long before = heap();
      int threads = Thread.activeCount();
      for (int first = 0; first < TENANTS; first += 100) {
        List<CompletionStage<String>> replies = new ArrayList<>();
        for (int i = first; i < Math.min(TENANTS, first + 100); i++) {
          replies.add(redis.tenant("t" + i).async().set("k", "v"));
        }
        for (CompletionStage<String> reply : replies) {
          reply.toCompletableFuture().get(30, TimeUnit.SECONDS);
        }
      }
      long connected = (heap() - before) / TENANTS;
      long direct = PlatformDependent.usedDirectMemory() / TENANTS;
      assertThat(Thread.activeCount()).isLessThanOrEqualTo(threads + 1);
      Awaitility.await()
          .atMost(Duration.ofSeconds(90))
          .until(() -> redis.toString().contains("tenants=0"));
      // What was evicted stays for late commands for ten seconds.
      Awaitility.await()
          .atMost(Duration.ofSeconds(60))
          .pollInterval(Duration.ofSeconds(2))
          .until(() -> (heap() - before) / TENANTS < 1024);
      System.out.printf(
          "%d tenants: %d bytes of heap and %d of direct memory each while connected, %d evicted%n",
          TENANTS, connected, direct, (heap() - before) / TENANTS);
      assertThat(connected).isLessThan(12 * 1024);
    }
  }

  private static long heap() {
    System.gc();
    System.gc();
    return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
  }
}
