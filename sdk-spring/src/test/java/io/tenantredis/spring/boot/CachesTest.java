package io.tenantredis.spring.boot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tenantredis.TenantId;
import io.tenantredis.TenantRedis;
import io.tenantredis.context.TenantContext;
import io.tenantredis.spring.TestTenants;
import io.tenantredis.test.server.RedisServer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.cache.autoconfigure.CacheAutoConfiguration;
import org.springframework.boot.cache.autoconfigure.RedisCacheManagerBuilderCustomizer;
import org.springframework.boot.data.redis.autoconfigure.DataRedisAutoConfiguration;
import org.springframework.boot.data.redis.autoconfigure.DataRedisReactiveAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.cache.annotation.CacheConfig;
import org.springframework.cache.annotation.CacheEvict;
import org.springframework.cache.annotation.CachePut;
import org.springframework.cache.annotation.Cacheable;
import org.springframework.cache.annotation.EnableCaching;
import org.springframework.cache.interceptor.CacheInterceptor;
import org.springframework.cache.interceptor.CacheResolver;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.dao.InvalidDataAccessApiUsageException;
import org.springframework.data.redis.core.ReactiveStringRedisTemplate;
import org.springframework.data.redis.core.StringRedisTemplate;
import org.springframework.transaction.support.TransactionSynchronizationManager;
import org.springframework.transaction.support.TransactionSynchronizationUtils;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * What a cached method brings is that of the tenant who called it, and stored for no other,
 * whatever threads it goes through.
 */
class CachesTest {

  static final TenantId ACME = TenantId.of("acme");
  static final TenantId GLOBEX = TenantId.of("globex");
  static final List<TenantId> BOTH = List.of(ACME, GLOBEX);
  static final int CALLS = 200;
  static final Duration SOON = Duration.ofSeconds(30);

  static RedisServer server;

  final ExecutorService pool = Executors.newFixedThreadPool(4);

  final ApplicationContextRunner runner =
      new ApplicationContextRunner()
          .withConfiguration(
              AutoConfigurations.of(
                  TenantRedisAutoConfiguration.class,
                  TenantRedisCacheAutoConfiguration.class,
                  DataRedisAutoConfiguration.class,
                  DataRedisReactiveAutoConfiguration.class,
                  CacheAutoConfiguration.class))
          .withPropertyValues(TestTenants.properties(server, "acme", "globex"))
          .withPropertyValues("spring.cache.type=redis")
          .withUserConfiguration(Caching.class)
          .withBean(Prices.class);

  @BeforeAll
  static void start() {
    server = TestTenants.server("acme", "globex");
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  @BeforeEach
  void fill() {
    server.admin().command("FLUSHALL");
    for (TenantId tenant : BOTH) {
      server.admin().command("SET", "tenant:" + tenant + ":whoami", tenant.value());
    }
  }

  @AfterEach
  void endPool() {
    pool.shutdownNow();
  }

  private void with(Consumer<Prices> test) {
    runner.run(
        context -> {
          assertThat(context).hasNotFailed();
          test.accept(context.getBean(Prices.class));
        });
  }

  private static boolean isStored(TenantId tenant, String key) {
    return server
        .admin()
        .command("EXISTS", "tenant:" + tenant + ":prices::" + key)
        .toString()
        .equals("1");
  }

  private static String get(CompletableFuture<String> future) {
    try {
      return future.get(SOON.toSeconds(), TimeUnit.SECONDS);
    } catch (Exception failure) {
      throw new AssertionError(failure);
    }
  }

  private static CompletableFuture<String> loader(Prices prices, String key) {
    Awaitility.await().atMost(SOON).until(() -> prices.loaders().containsKey(key));
    return prices.loaders().remove(key);
  }

  @Test
  void aMissOfAFutureIsLoadedAsTheTenantOfTheCallAndNotByAnEventLoop() {
    with(
        prices -> {
          List<CompletableFuture<String>> answers = new ArrayList<>();
          for (int call = 0; call < CALLS; call++) {
            // The second half finds what the first half stored, or loads it once more.
            String sku = "sku" + call / 4;
            answers.add(
                TenantContext.get(
                    BOTH.get(call % 2),
                    () ->
                        CompletableFuture.supplyAsync(
                                TenantContext.wrapSupplier(() -> prices.future(sku)), pool)
                            .thenCompose(price -> price)));
          }
          for (int call = 0; call < CALLS; call++) {
            assertThat(get(answers.get(call))).isEqualTo(BOTH.get(call % 2).value());
          }
          assertThat(prices.threads()).isNotEmpty().noneMatch(thread -> thread.contains("lettuce"));
          for (TenantId tenant : BOTH) {
            for (int call = 0; call < CALLS; call++) {
              String sku = "sku" + call / 4;
              assertThat(get(TenantContext.get(tenant, () -> prices.future(sku))))
                  .isEqualTo(tenant.value());
            }
          }
        });
  }

  @Test
  void whatAFutureBringsIsStoredForTheTenantOfTheCallWhoeverCompletesIt() {
    with(
        prices -> {
          CompletableFuture<String> ofAcme = TenantContext.get(ACME, () -> prices.batched("sku"));
          CompletableFuture<String> batch = loader(prices, "sku");
          TenantContext.run(GLOBEX, () -> batch.complete("of acme"));
          assertThat(get(ofAcme)).isEqualTo("of acme");
          assertThat(isStored(ACME, "sku")).isTrue();
          assertThat(isStored(GLOBEX, "sku")).isFalse();

          CompletableFuture<String> ofGlobex =
              TenantContext.get(GLOBEX, () -> prices.batched("sku"));
          loader(prices, "sku").complete("of globex");
          assertThat(get(ofGlobex)).isEqualTo("of globex");
          assertThat(isStored(GLOBEX, "sku")).isTrue();
          assertThat(get(TenantContext.get(ACME, () -> prices.batched("sku"))))
              .isEqualTo("of acme");
          assertThat(get(TenantContext.get(GLOBEX, () -> prices.batched("sku"))))
              .isEqualTo("of globex");
        });
  }

  @Test
  void whatASynchronizedFutureBringsIsStoredForTheTenantOfTheCallWhoeverCompletesIt() {
    with(
        prices -> {
          CompletableFuture<String> ofAcme =
              TenantContext.get(ACME, () -> prices.synchronizedBatch("sku"));
          CompletableFuture<String> batch = loader(prices, "sku");
          TenantContext.run(GLOBEX, () -> batch.complete("of acme"));
          assertThat(get(ofAcme)).isEqualTo("of acme");
          assertThat(isStored(ACME, "sku")).isTrue();
          assertThat(isStored(GLOBEX, "sku")).isFalse();
          assertThat(get(TenantContext.get(ACME, () -> prices.synchronizedBatch("sku"))))
              .isEqualTo("of acme");
        });
  }

  @Test
  void whatAFuturePutsAndEvictsIsThatOfTheTenantOfTheCallWhoeverCompletesIt() {
    with(
        prices -> {
          CompletableFuture<String> put = TenantContext.get(ACME, () -> prices.put("sku"));
          CompletableFuture<String> putting = loader(prices, "sku");
          TenantContext.run(GLOBEX, () -> putting.complete("of acme"));
          assertThat(get(put)).isEqualTo("of acme");
          assertThat(isStored(ACME, "sku")).isTrue();
          assertThat(isStored(GLOBEX, "sku")).isFalse();

          TenantContext.run(GLOBEX, () -> prices.plain("sku"));
          assertThat(isStored(GLOBEX, "sku")).isTrue();
          CompletableFuture<String> evicted = TenantContext.get(GLOBEX, () -> prices.evict("sku"));
          CompletableFuture<String> evicting = loader(prices, "sku");
          TenantContext.run(ACME, () -> evicting.complete("done"));
          get(evicted);
          assertThat(isStored(GLOBEX, "sku")).isFalse();
          assertThat(isStored(ACME, "sku")).isTrue();
        });
  }

  @Test
  void whatAnEventLoopBringsIsStoredWithoutHoldingItUp() {
    with(
        prices -> {
          assertThat(get(TenantContext.get(ACME, () -> prices.byEventLoop("sku"))))
              .isEqualTo("acme");
          Awaitility.await().atMost(SOON).until(() -> isStored(ACME, "sku"));
          assertThat(isStored(GLOBEX, "sku")).isFalse();
        });
  }

  @Test
  void whatAMonoBringsIsStoredForTheTenantOfTheCall() {
    with(
        prices -> {
          for (TenantId tenant : BOTH) {
            assertThat(TenantContext.get(tenant, () -> prices.mono("sku").block(SOON)))
                .isEqualTo(tenant.value());
            Awaitility.await().atMost(SOON).until(() -> isStored(tenant, "sku"));
            assertThat(TenantContext.get(tenant, () -> prices.mono("sku").block(SOON)))
                .isEqualTo(tenant.value());
          }
        });
  }

  @Test
  void whatASynchronizedMonoBringsIsStoredForTheTenantOfTheCall() {
    with(
        prices -> {
          for (TenantId tenant : BOTH) {
            for (int time = 0; time < 2; time++) {
              assertThat(
                      TenantContext.get(tenant, () -> prices.synchronizedMono("sku").block(SOON)))
                  .isEqualTo(tenant.value());
              assertThat(isStored(tenant, "sku")).isTrue();
            }
          }
        });
  }

  @Test
  void aFluxIsThatOfItsTenantAndNeverStoredForAnother() {
    with(
        prices -> {
          for (TenantId tenant : BOTH) {
            for (int time = 0; time < 2; time++) {
              assertThat(
                      TenantContext.get(tenant, () -> prices.flux("sku").collectList().block(SOON)))
                  .containsExactly(tenant.value(), "end");
            }
          }
          Flux<String> ofAcme = TenantContext.get(ACME, () -> prices.flux("other"));
          assertThat(TenantContext.get(GLOBEX, () -> ofAcme.collectList().block(SOON)))
              .containsExactly("globex", "end");
          assertThat(isStored(ACME, "other")).isFalse();
          assertThat(isStored(GLOBEX, "other")).isFalse();
        });
  }

  @Test
  void whatASynchronizedFluxBringsIsStoredForTheTenantOfTheCall() {
    with(
        prices -> {
          for (TenantId tenant : BOTH) {
            for (int time = 0; time < 2; time++) {
              assertThat(
                      TenantContext.get(
                          tenant, () -> prices.synchronizedFlux("sku").collectList().block(SOON)))
                  .containsExactly(tenant.value(), "end");
              assertThat(isStored(tenant, "sku")).isTrue();
            }
          }
        });
  }

  @Test
  void whatAMonoBringsAnotherTenantThanTheOneOfTheCallIsStoredForNobody() {
    with(
        prices -> {
          Mono<String> price = TenantContext.get(ACME, () -> prices.mono("sku"));
          assertThatThrownBy(() -> TenantContext.get(GLOBEX, () -> price.block(SOON)))
              .isInstanceOf(InvalidDataAccessApiUsageException.class)
              .hasMessageContaining("'acme'")
              .hasMessageContaining("'globex'");
          assertThat(isStored(ACME, "sku")).isFalse();
          assertThat(isStored(GLOBEX, "sku")).isFalse();
        });
  }

  @Test
  void whatIsPutInATransactionIsStoredForTheTenantOfTheCallAfterIt() {
    runner
        .withUserConfiguration(AfterTransactions.class)
        .run(
            context -> {
              Prices prices = context.getBean(Prices.class);
              TransactionSynchronizationManager.initSynchronization();
              try {
                TenantContext.run(GLOBEX, () -> prices.plain("sku"));
                assertThat(isStored(GLOBEX, "sku")).isFalse();
                TenantContext.run(ACME, TransactionSynchronizationUtils::triggerAfterCommit);
              } finally {
                TransactionSynchronizationManager.clearSynchronization();
              }
              assertThat(isStored(GLOBEX, "sku")).isTrue();
              assertThat(isStored(ACME, "sku")).isFalse();
            });
  }

  @Test
  void aChildContextLeavesTheCachesOfItsParentAlone() {
    runner.run(
        parent -> {
          CacheInterceptor parents = parent.getBean(CacheInterceptor.class);
          CacheResolver before = parents.getCacheResolver();
          new ApplicationContextRunner()
              .withConfiguration(
                  AutoConfigurations.of(
                      TenantRedisAutoConfiguration.class, TenantRedisCacheAutoConfiguration.class))
              .withParent(parent)
              .run(
                  child -> {
                    assertThat(child).hasNotFailed();
                    assertThat(parents.getCacheResolver()).isSameAs(before);
                  });
          assertThat(
                  get(
                      TenantContext.get(
                          ACME, () -> parent.getBean(Prices.class).future("after child"))))
              .isEqualTo("acme");
        });
  }

  @Configuration(proxyBeanMethods = false)
  @EnableCaching
  static class Caching {}

  @Configuration(proxyBeanMethods = false)
  static class AfterTransactions {

    @Bean
    RedisCacheManagerBuilderCustomizer afterTransactions() {
      return builder -> builder.transactionAware();
    }
  }

  @CacheConfig(cacheNames = "prices")
  static class Prices {

    private final Queue<String> threads = new ConcurrentLinkedQueue<>();
    private final ConcurrentMap<String, CompletableFuture<String>> loaders =
        new ConcurrentHashMap<>();
    private final StringRedisTemplate template;
    private final ReactiveStringRedisTemplate reactive;
    private final TenantRedis redis;

    Prices(StringRedisTemplate template, ReactiveStringRedisTemplate reactive, TenantRedis redis) {
      this.template = template;
      this.reactive = reactive;
      this.redis = redis;
    }

    public Queue<String> threads() {
      return threads;
    }

    public ConcurrentMap<String, CompletableFuture<String>> loaders() {
      return loaders;
    }

    @Cacheable
    public String plain(String sku) {
      return sku;
    }

    @Cacheable
    public CompletableFuture<String> future(String sku) {
      threads.add(Thread.currentThread().getName());
      return CompletableFuture.completedFuture(template.opsForValue().get("whoami"));
    }

    private CompletableFuture<String> later(String sku) {
      CompletableFuture<String> later = new CompletableFuture<>();
      loaders.put(sku, later);
      return later;
    }

    @Cacheable
    public CompletableFuture<String> batched(String sku) {
      return later(sku);
    }

    @Cacheable(sync = true)
    public CompletableFuture<String> synchronizedBatch(String sku) {
      return later(sku);
    }

    @CachePut
    public CompletableFuture<String> put(String sku) {
      return later(sku);
    }

    @CacheEvict
    public CompletableFuture<String> evict(String sku) {
      return later(sku);
    }

    @Cacheable
    public CompletableFuture<String> byEventLoop(String sku) {
      return redis.tenant(TenantContext.require()).async().get("whoami").toCompletableFuture();
    }

    @Cacheable
    public Mono<String> mono(String sku) {
      return reactive.opsForValue().get("whoami");
    }

    @Cacheable(sync = true)
    public Mono<String> synchronizedMono(String sku) {
      return reactive.opsForValue().get("whoami");
    }

    @Cacheable
    public Flux<String> flux(String sku) {
      return reactive.opsForValue().get("whoami").flux().concatWithValues("end");
    }

    @Cacheable(sync = true)
    public Flux<String> synchronizedFlux(String sku) {
      return reactive.opsForValue().get("whoami").flux().concatWithValues("end");
    }
  }
}
