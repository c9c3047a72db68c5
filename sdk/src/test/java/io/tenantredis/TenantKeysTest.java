package io.tenantredis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lettuce.core.RedisCommandInterruptedException;
import io.tenantredis.test.server.RedisServer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The contract of {@link TenantKeys}, {@link ReactiveTenantKeys} and {@link KeyWalk}. */
class TenantKeysTest {

  private static final int KEYS = 250;

  private static RedisServer server;
  private TenantRedis redis;
  private TenantKeys<String> keys;

  @BeforeAll
  static void startServer() {
    server = Tenants.confined().start();
  }

  @AfterAll
  static void stopServer() {
    server.close();
  }

  @BeforeEach
  void fill() {
    server.admin().command("FLUSHALL");
    List<String[]> writes = new ArrayList<>();
    for (int i = 0; i < KEYS; i++) {
      writes.add(new String[] {"SET", "tenant:acme:cart:" + i, "v"});
      writes.add(new String[] {"SET", "tenant:globex:cart:" + i, "v"});
    }
    writes.add(new String[] {"SET", "tenant:acme:other", "v"});
    server.admin().pipeline(writes);
    redis = client().build();
    keys = redis.tenant("acme").keys();
  }

  /** Patient, because nothing here is about time. */
  private static TenantRedis.Builder client() {
    return Tenants.client(server)
        .connectTimeout(Duration.ofSeconds(60))
        .commandTimeout(Duration.ofSeconds(60));
  }

  @AfterEach
  void close() {
    redis.close();
  }

  @Test
  void scanNamesTheKeysThatMatch() {
    assertThat(keys.scan("cart:*").collect(Collectors.toSet()))
        .hasSize(KEYS)
        .contains("cart:0", "cart:249");
    assertThat(keys.scan("*").collect(Collectors.toSet())).hasSize(KEYS + 1).contains("other");
  }

  @Test
  void scanIsLazy() {
    AtomicInteger batches = new AtomicInteger();
    KeyWalk walk =
        KeyWalk.builder().batchSize(10).onProgress(p -> batches.incrementAndGet()).build();
    assertThat(keys.scan(walk).limit(1)).hasSize(1);
    assertThat(batches.get()).isLessThan(10);
  }

  @Test
  void countDeleteAllAndMemoryUsageAreOfTheTenantAlone() {
    assertThat(keys.count()).isEqualTo(KEYS + 1);
    long bytes = keys.memoryUsage();
    assertThat(bytes).isBetween((KEYS + 1) * 20L, (KEYS + 1) * 500L);
    assertThat(keys.deleteAll()).isEqualTo(KEYS + 1);
    assertThat(keys.count()).isZero();
    assertThat(keys.memoryUsage()).isZero();
    assertThat(redis.tenant("globex").keys().count()).isEqualTo(KEYS);
  }

  @Test
  void aWalkTakesOnlyTheKeysThatMatchItsPattern() {
    KeyWalk carts = KeyWalk.builder().pattern("cart:1?").build();
    assertThat(keys.count(carts)).isEqualTo(10);
    assertThat(keys.deleteAll(carts)).isEqualTo(10);
    assertThat(keys.count()).isEqualTo(KEYS + 1 - 10);
  }

  @Test
  void aBatchHasAboutItsSize() {
    List<Long> sizes = new ArrayList<>();
    AtomicReference<Long> before = new AtomicReference<>(0L);
    KeyWalk walk =
        KeyWalk.builder()
            .batchSize(20)
            .onProgress(progress -> sizes.add(progress.keys() - before.getAndSet(progress.keys())))
            .build();
    assertThat(keys.deleteAll(walk)).isEqualTo(KEYS + 1);
    assertThat(sizes).hasSizeGreaterThan(10);
    assertThat(sizes).allMatch(size -> size <= 30);
  }

  @Test
  void progressIsToldAfterEachBatchWithWhatWasReached() {
    List<KeyWalkProgress> told = new ArrayList<>();
    keys.deleteAll(KeyWalk.builder().batchSize(50).onProgress(told::add).build());
    assertThat(told).extracting(KeyWalkProgress::batches).isSorted().startsWith(1L);
    assertThat(told).extracting(KeyWalkProgress::keys).isSorted();
    KeyWalkProgress last = told.get(told.size() - 1);
    assertThat(last.finished()).isTrue();
    assertThat(last.keys()).isEqualTo(KEYS + 1);
    assertThat(last.result()).isEqualTo(KEYS + 1);
    assertThat(told.subList(0, told.size() - 1)).noneMatch(KeyWalkProgress::finished);
  }

  @Test
  void aWalkThatIsStoppedEndsWithTheResultSoFarAndCanBeResumed() {
    AtomicReference<KeyWalkProgress> reached = new AtomicReference<>();
    KeyWalk.Builder some =
        KeyWalk.builder()
            .batchSize(50)
            .onProgress(reached::set)
            .stopWhen(() -> reached.get().batches() == 3);
    long first = keys.count(some.build());
    assertThat(reached.get().finished()).isFalse();
    assertThat(first).isEqualTo(reached.get().result()).isLessThan(KEYS + 1L);

    long rest =
        keys.count(KeyWalk.builder().batchSize(50).resumeFrom(reached.get().cursor()).build());
    assertThat(first + rest).isEqualTo(KEYS + 1L);
  }

  @Test
  void whatTheProgressCallbackThrowsEndsTheWalk() {
    KeyWalk walk =
        KeyWalk.builder()
            .batchSize(10)
            .onProgress(
                progress -> {
                  throw new IllegalStateException("enough");
                })
            .build();
    assertThatThrownBy(() -> keys.deleteAll(walk)).hasMessage("enough");
    assertThatThrownBy(() -> keys.reactive().deleteAll(walk).block()).hasMessage("enough");
    assertThat(keys.count()).isPositive();
  }

  @Test
  void anInterruptedThreadLeavesTheWalk() {
    KeyWalk walk =
        KeyWalk.builder()
            .batchSize(10)
            .onProgress(progress -> Thread.currentThread().interrupt())
            .build();
    assertThatThrownBy(() -> keys.deleteAll(walk))
        .isInstanceOf(RedisCommandInterruptedException.class);
    assertThat(Thread.interrupted()).isTrue();
    assertThat(keys.count()).isPositive();
  }

  @Test
  void theReactiveFlavourDoesTheSame() {
    ReactiveTenantKeys<String> reactive = keys.reactive();
    KeyWalk carts = KeyWalk.builder().pattern("cart:*").batchSize(25).build();
    Duration patience = Duration.ofSeconds(30);
    assertThat(reactive.scan(carts).collect(Collectors.toSet()).block(patience)).hasSize(KEYS);
    assertThat(reactive.count(KeyWalk.all()).block(patience)).isEqualTo(KEYS + 1);
    assertThat(reactive.memoryUsage(carts).block(patience)).isPositive();
    assertThat(reactive.deleteAll(carts).block(patience)).isEqualTo(KEYS);
    assertThat(reactive.count(KeyWalk.all()).block(patience)).isEqualTo(1);
    assertThat(reactive.deleteAll(carts).block(patience)).isZero();
  }

  @Test
  void aCancelledSubscriptionEndsTheWalk() {
    AtomicInteger batches = new AtomicInteger();
    KeyWalk walk =
        KeyWalk.builder().batchSize(10).onProgress(p -> batches.incrementAndGet()).build();
    assertThat(keys.reactive().scan(walk).take(5).collectList().block(Duration.ofSeconds(30)))
        .hasSize(5);
    assertThat(batches.get()).isLessThan(10);
  }

  @Test
  void inRequireModeNamesAreWhole() {
    try (TenantRedis require = client().prefixMode(PrefixMode.REQUIRE).build()) {
      TenantKeys<String> whole = require.tenant("acme").keys();
      assertThat(whole.scan("tenant:acme:cart:*").collect(Collectors.toSet()))
          .hasSize(KEYS)
          .contains("tenant:acme:cart:0");
      assertThat(whole.memoryUsage()).isPositive();
      assertThat(whole.deleteAll()).isEqualTo(KEYS + 1);
      assertThatThrownBy(() -> whole.scan("*").count()).isInstanceOf(CommandRefusedException.class);
    }
    assertThat(redis.tenant("globex").keys().count()).isEqualTo(KEYS);
  }

  @Test
  void keysOfAnyBytesAreCountedAndDeleted() {
    server
        .admin()
        .commandBytes(
            "SET".getBytes(StandardCharsets.US_ASCII),
            "tenant:acme:\u00ff\u0000x".getBytes(StandardCharsets.ISO_8859_1),
            "v".getBytes(StandardCharsets.US_ASCII));
    assertThat(keys.deleteAll()).isEqualTo(KEYS + 2);
  }

  @Test
  void aWalkRefusesWhatIsOutsideOfItsRanges() {
    assertThatThrownBy(() -> KeyWalk.builder().batchSize(0)).hasMessageContaining("1 to 10000");
    assertThatThrownBy(() -> KeyWalk.builder().batchSize(10_001))
        .isInstanceOf(IllegalArgumentException.class);
    for (String cursor : List.of("", "-1", "x", "1 2")) {
      assertThatThrownBy(() -> KeyWalk.builder().resumeFrom(cursor))
          .hasMessageContaining("KeyWalkProgress");
    }
    assertThat(KeyWalk.all().batchSize()).isEqualTo(1_000);
    assertThat(KeyWalk.builder().batchSize(1).build().batchSize()).isEqualTo(1);
    assertThat(KeyWalk.builder().batchSize(10_000).build().batchSize()).isEqualTo(10_000);
  }
}
