package io.tenantredis.spring.boot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tenantredis.TenantId;
import io.tenantredis.context.TenantContext;
import io.tenantredis.spring.TestTenants;
import io.tenantredis.test.server.RedisCluster;
import io.tenantredis.test.server.RedisServer;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.cache.autoconfigure.CacheAutoConfiguration;
import org.springframework.boot.data.redis.autoconfigure.DataRedisAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.cache.Cache;
import org.springframework.cache.CacheManager;
import org.springframework.cache.annotation.EnableCaching;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.Configuration;
import org.springframework.dao.DataAccessException;
import org.springframework.dao.InvalidDataAccessApiUsageException;
import org.springframework.data.redis.core.RedisOperations;
import org.springframework.data.redis.core.SessionCallback;
import org.springframework.data.redis.core.StringRedisTemplate;

/** Templates and caches of tenants on a Redis Cluster. */
class OnAClusterTest {

  private static final TenantId ACME = TenantId.of("acme");
  private static final TenantId GLOBEX = TenantId.of("globex");

  private static RedisCluster cluster;

  private final ApplicationContextRunner runner =
      new ApplicationContextRunner()
          .withConfiguration(
              AutoConfigurations.of(
                  TenantRedisAutoConfiguration.class,
                  TenantRedisCacheAutoConfiguration.class,
                  DataRedisAutoConfiguration.class,
                  CacheAutoConfiguration.class))
          .withUserConfiguration(Caching.class)
          .withPropertyValues(
              "tenant-redis.url=" + url(),
              "tenant-redis.identity=tenant_{tenant}",
              "tenant-redis.credentials.users.acme.password=" + TestTenants.password("acme"),
              "tenant-redis.credentials.users.globex.password=" + TestTenants.password("globex"),
              "spring.cache.type=redis");

  @Configuration(proxyBeanMethods = false)
  @EnableCaching
  static class Caching {}

  @BeforeAll
  static void start() {
    RedisServer.Builder server = RedisServer.builder().adminUser("admin", "admin-secret");
    for (String tenant : List.of("acme", "globex")) {
      server =
          server.user(
              "tenant_" + tenant,
              "on",
              ">" + TestTenants.password(tenant),
              "~tenant:" + tenant + ":*",
              "~tenant:{" + tenant + "}:*",
              "+@all",
              "-@admin",
              "-@dangerous",
              "+acl|whoami");
    }
    cluster = RedisCluster.builder().nodeTimeout(Duration.ofSeconds(30)).server(server).start();
  }

  @AfterAll
  static void stop() {
    cluster.close();
  }

  private static String url() {
    return cluster.masters().stream()
        .map(node -> node.host() + ":" + node.port())
        .collect(Collectors.joining(",", "redis-cluster://", ""));
  }

  @Test
  void withAHashTagInThePrefixTransactionsPipelinesAndCachesWork() {
    runner
        .withPropertyValues("tenant-redis.key-prefix=tenant:{{tenant}}:")
        .run(
            context -> {
              StringRedisTemplate template = context.getBean(StringRedisTemplate.class);
              TenantContext.run(
                  ACME,
                  () -> {
                    assertThat(inTransaction(template)).containsExactly(true, 1L, "1");
                    assertThat(
                            template.executePipelined(
                                new SessionCallback<Object>() {
                                  @Override
                                  @SuppressWarnings("unchecked")
                                  public <K, V> Object execute(RedisOperations<K, V> operations) {
                                    ((RedisOperations<String, String>) operations)
                                        .opsForValue()
                                        .get("t");
                                    return null;
                                  }
                                }))
                        .containsExactly("1");
                    assertThat(isCachedAndCleared(context)).isTrue();
                  });
              TenantContext.run(GLOBEX, () -> assertThat(template.hasKey("t")).isFalse());
            });
  }

  @Test
  void withoutOneKeysAreOnAllNodesAndWhatOneNodeCannotDoIsRefused() {
    Map<String, String> values =
        IntStream.range(0, 50).boxed().collect(Collectors.toMap(i -> "k" + i, i -> "v" + i));
    runner.run(
        context -> {
          StringRedisTemplate template = context.getBean(StringRedisTemplate.class);
          TenantContext.run(
              ACME,
              () -> {
                template.opsForValue().multiSet(values);
                assertThat(template.opsForValue().multiGet(List.copyOf(values.keySet())))
                    .containsExactlyElementsOf(List.copyOf(values.values()));
                assertThatThrownBy(() -> inTransaction(template))
                    .isInstanceOf(InvalidDataAccessApiUsageException.class);
              });
          TenantContext.run(GLOBEX, () -> assertThat(template.hasKey("k1")).isFalse());
        });
    assertThat(cluster.masters()).allMatch(node -> node.admin().integer("DBSIZE") > 0);
  }

  private static List<Object> inTransaction(StringRedisTemplate template) {
    return template.execute(
        new SessionCallback<>() {
          @Override
          @SuppressWarnings("unchecked")
          public <K, V> List<Object> execute(RedisOperations<K, V> operations)
              throws DataAccessException {
            RedisOperations<String, String> strings = (RedisOperations<String, String>) operations;
            strings.multi();
            strings.opsForValue().set("t", "0");
            strings.opsForValue().increment("t");
            strings.opsForValue().get("t");
            return strings.exec();
          }
        });
  }

  private static boolean isCachedAndCleared(ApplicationContext context) {
    Cache cache = context.getBean(CacheManager.class).getCache("prices");
    if (cache == null) {
      return false;
    }
    cache.put("sku", "9.99");
    boolean cached = "9.99".equals(cache.get("sku", String.class));
    cache.clear();
    return cached && cache.get("sku") == null;
  }
}
