package io.tenantredis;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBufAllocator;
import io.netty.util.ResourceLeakDetector;
import io.netty.util.ResourceLeakDetectorFactory;
import io.netty.util.internal.PlatformDependent;
import io.tenantredis.test.server.RedisServer;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/**
 * Tenants come and go, rotate and lose their connections for minutes, and nothing is left behind.
 * Run with {@code -Dtenantredis.long=true}, for as many seconds as {@code tenantredis.soak.seconds}
 * says (600).
 */
@EnabledIfSystemProperty(named = "tenantredis.long", matches = "true")
class SoakTest {

  private static final int TENANTS = 200;
  private static final int MAX_CONNECTIONS = 60;

  private final AtomicLong succeeded = new AtomicLong();
  private final Map<String, AtomicLong> failed = new ConcurrentHashMap<>();
  private final AtomicBoolean stop = new AtomicBoolean();
  private final Map<TenantId, String> passwords = new ConcurrentHashMap<>();

  /** Counts what Netty reports as leaked. */
  private static final class CountingDetector<T> extends ResourceLeakDetector<T> {
    static final AtomicLong LEAKS = new AtomicLong();

    CountingDetector(Class<?> type, int samplingInterval) {
      super(type, samplingInterval);
    }

    @Override
    protected void reportTracedLeak(String resourceType, String records) {
      LEAKS.incrementAndGet();
      super.reportTracedLeak(resourceType, records);
    }

    @Override
    protected void reportUntracedLeak(String resourceType) {
      LEAKS.incrementAndGet();
      super.reportUntracedLeak(resourceType);
    }
  }

  @Test
  @Timeout(3600)
  void churnLeavesNothingBehind() throws Exception {
    ResourceLeakDetector.setLevel(ResourceLeakDetector.Level.PARANOID);
    ResourceLeakDetectorFactory.setResourceLeakDetectorFactory(
        new ResourceLeakDetectorFactory() {
          @Override
          @Deprecated
          public <T> ResourceLeakDetector<T> newResourceLeakDetector(
              Class<T> resource, int samplingInterval, long maxActive) {
            return new CountingDetector<>(resource, samplingInterval);
          }

          @Override
          public <T> ResourceLeakDetector<T> newResourceLeakDetector(
              Class<T> resource, int samplingInterval) {
            return new CountingDetector<>(resource, samplingInterval);
          }
        });
    Duration length = Duration.ofSeconds(Long.getLong("tenantredis.soak.seconds", 600));
    int threadsBefore = lettuceThreads();
    RedisServer.Builder builder = RedisServer.builder().adminUser("admin", "admin-secret");
    for (int i = 0; i < TENANTS; i++) {
      builder.user("tenant_t" + i, Tenants.rules("t" + i, true));
      passwords.put(TenantId.of("t" + i), Tenants.password("t" + i));
    }
    try (RedisServer server = builder.start()) {
      TenantRedis redis =
          Tenants.client(server)
              .credentials(
                  TenantCredentialsProvider.of(
                      tenant -> TenantCredentials.of("tenant_" + tenant, passwords.get(tenant))))
              .connections(
                  ConnectionOptions.builder()
                      .maxConnections(MAX_CONNECTIONS)
                      .idleTime(Duration.ofMillis(500))
                      .reverifyInterval(Duration.ofSeconds(1))
                      .longestQuarantineDelay(Duration.ofMillis(500))
                      .build())
              .build();
      List<Thread> workers = new ArrayList<>();
      for (int i = 0; i < 6; i++) {
        workers.add(worker(() -> load(redis)));
      }
      workers.add(worker(() -> rotate(redis, server)));
      workers.add(worker(() -> kill(server)));
      workers.add(worker(() -> closeTenant(redis)));
      long until = System.nanoTime() + length.toNanos();
      long heapEarly = 0;
      int mostConnections = 0;
      while (System.nanoTime() - until < 0) {
        LockSupport.parkNanos(Duration.ofSeconds(1).toNanos());
        mostConnections = Math.max(mostConnections, connections(server));
        if (heapEarly == 0 && until - System.nanoTime() < length.toNanos() / 2) {
          heapEarly = heap();
        }
      }
      stop.set(true);
      for (Thread worker : workers) {
        worker.join(30_000);
        assertThat(worker.isAlive()).isFalse();
      }
      long heapLate = heap();
      // Nobody uses the tenants any more: all go, and with them every connection and permit.
      Awaitility.await()
          .atMost(Duration.ofSeconds(30))
          .until(() -> connections(server) == 0 && redis.toString().contains("tenants=0"));
      redis.close();
      Awaitility.await()
          .atMost(Duration.ofSeconds(30))
          .until(() -> lettuceThreads() <= threadsBefore);
      for (int i = 0; i < 5; i++) {
        System.gc();
        ByteBufAllocator.DEFAULT.directBuffer(64).release();
      }
      System.out.printf(
          "soak of %d s: %d commands succeeded, failures %s, most connections %d of %d, leaks %d,"
              + " heap at half %d KB, at the end %d KB, direct memory of Netty %d KB%n",
          length.toSeconds(),
          succeeded.get(),
          failed,
          mostConnections,
          MAX_CONNECTIONS,
          CountingDetector.LEAKS.get(),
          heapEarly / 1024,
          heapLate / 1024,
          PlatformDependent.usedDirectMemory() / 1024);
      assertThat(CountingDetector.LEAKS).hasValue(0);
      assertThat(mostConnections).isLessThanOrEqualTo(MAX_CONNECTIONS + 10);
      assertThat(heapLate).isLessThan(heapEarly + 16 * 1024 * 1024);
      assertThat(succeeded.get()).isGreaterThan(length.toSeconds() * 100);
      // Killed connections lose commands and budgets run out; nothing else fails.
      assertThat(failed.keySet()).isSubsetOf("TR004", "TR005", "TR012", "TR003");
    }
  }

  private static Thread worker(BooleanSupplier step) {
    Thread thread =
        new Thread(
            () -> {
              while (step.getAsBoolean()) {
                Thread.onSpinWait();
              }
            });
    thread.setDaemon(true);
    thread.start();
    return thread;
  }

  private boolean load(TenantRedis redis) {
    TenantId tenant = anyTenant();
    try {
      for (int i = 0; i < 20; i++) {
        redis.tenant(tenant).sync().set("k", tenant.value());
        if (!tenant.value().equals(redis.tenant(tenant).sync().get("k"))) {
          failed.computeIfAbsent("FOREIGN", code -> new AtomicLong()).incrementAndGet();
        }
        succeeded.addAndGet(2);
      }
    } catch (RuntimeException failure) {
      String code =
          failure instanceof TenantRedisFailure typed
              ? typed.code().name()
              : failure.getClass().getSimpleName();
      failed.computeIfAbsent(code, c -> new AtomicLong()).incrementAndGet();
    }
    return !stop.get();
  }

  private boolean rotate(TenantRedis redis, RedisServer server) {
    TenantId tenant = anyTenant();
    String next = "p" + ThreadLocalRandom.current().nextLong();
    synchronized (server) {
      server.admin().command("ACL", "SETUSER", "tenant_" + tenant, ">" + next);
    }
    passwords.put(tenant, next);
    redis.credentialsChanged(tenant);
    LockSupport.parkNanos(Duration.ofMillis(20).toNanos());
    return !stop.get();
  }

  private boolean kill(RedisServer server) {
    synchronized (server) {
      server.admin().command("CLIENT", "KILL", "USER", "tenant_" + anyTenant());
    }
    LockSupport.parkNanos(Duration.ofMillis(50).toNanos());
    return !stop.get();
  }

  private boolean closeTenant(TenantRedis redis) {
    redis.close(anyTenant());
    LockSupport.parkNanos(Duration.ofMillis(100).toNanos());
    return !stop.get();
  }

  private static TenantId anyTenant() {
    // Most load is on few tenants.
    int number =
        ThreadLocalRandom.current().nextInt(10) < 7
            ? ThreadLocalRandom.current().nextInt(20)
            : ThreadLocalRandom.current().nextInt(TENANTS);
    return TenantId.of("t" + number);
  }

  private static int connections(RedisServer server) {
    synchronized (server) {
      return (int)
          server
              .admin()
              .text("CLIENT", "LIST")
              .lines()
              .filter(line -> line.contains(" user=tenant_"))
              .count();
    }
  }

  private static int lettuceThreads() {
    return (int)
        Thread.getAllStackTraces().keySet().stream()
            .filter(thread -> thread.getName().startsWith("lettuce"))
            .count();
  }

  private static long heap() {
    System.gc();
    return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
  }
}
