package io.tenantredis.spring.boot;

import static org.assertj.core.api.Assertions.assertThat;

import io.lettuce.core.api.async.RedisAsyncCommands;
import io.tenantredis.TenantId;
import io.tenantredis.TenantRedis;
import io.tenantredis.spring.data.TenantRedisConnectionFactory;
import java.lang.reflect.Method;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.springframework.aot.hint.RuntimeHints;
import org.springframework.aot.hint.RuntimeHintsRegistrar;
import org.springframework.aot.hint.predicate.RuntimeHintsPredicates;
import org.springframework.core.io.support.SpringFactoriesLoader;
import org.springframework.data.redis.connection.ReactiveRedisConnection;
import org.springframework.data.redis.connection.RedisKeyCommands;

/** A native image keeps what the SDK and the starter look up. */
class RuntimeHintsTest {

  final RuntimeHints hints = new RuntimeHints();

  RuntimeHintsTest() {
    SpringFactoriesLoader.forResourceLocation("META-INF/spring/aot.factories")
        .load(RuntimeHintsRegistrar.class)
        .stream()
        .filter(TenantRedisRuntimeHints.class::isInstance)
        .forEach(registrar -> registrar.registerHints(hints, getClass().getClassLoader()));
  }

  @Test
  void theCommandTableIsKept() {
    assertThat(
            RuntimeHintsPredicates.resource()
                .forResource("io/tenantredis/internal/keyspace/commands.txt"))
        .accepts(hints);
    assertThat(TenantRedis.class.getResource("/io/tenantredis/internal/keyspace/commands.txt"))
        .isNotNull();
  }

  @Test
  void theProxiesAndTheMethodsTheyCallAreKept() throws Exception {
    try (TenantRedis redis = TenantRedis.builder("redis://localhost:1").withoutAclUsers().build();
        TenantRedis cluster =
            TenantRedis.builder("redis-cluster://localhost:1").withoutAclUsers().build()) {
      Object sync = redis.tenant("acme").sync();
      assertThat(RuntimeHintsPredicates.proxies().forInterfaces(sync.getClass().getInterfaces()))
          .as("sync")
          .accepts(hints);
      RedisAsyncCommands<String, String> async = redis.tenant("acme").async();
      assertThat(
              RuntimeHintsPredicates.reflection()
                  .onMethodInvocation(async.getClass().getMethod("get", Object.class)))
          .as("async")
          .accepts(hints);
      ReactiveRedisConnection reactive =
          new TenantRedisConnectionFactory(redis, () -> TenantId.of("acme"))
              .getReactiveConnection();
      assertThat(
              RuntimeHintsPredicates.proxies().forInterfaces(reactive.getClass().getInterfaces()))
          .as("reactive")
          .accepts(hints);
      assertThat(RuntimeHintsPredicates.proxies().forInterfaces(RedisKeyCommands.class))
          .as("keys")
          .accepts(hints);
      TenantRedisConnectionFactory onCluster =
          new TenantRedisConnectionFactory(cluster, () -> TenantId.of("acme"));
      for (Object commands :
          List.of(
              onCluster.getClusterConnection().serverCommands(),
              onCluster.getReactiveClusterConnection().keyCommands(),
              onCluster.getReactiveClusterConnection().streamCommands())) {
        assertThat(
                RuntimeHintsPredicates.proxies().forInterfaces(commands.getClass().getInterfaces()))
            .as(commands.getClass().getInterfaces()[0].toString())
            .accepts(hints);
      }
      for (Method group : ReactiveRedisConnection.class.getMethods()) {
        if (group.getName().endsWith("Commands")) {
          for (Method method : group.getReturnType().getMethods()) {
            assertThat(RuntimeHintsPredicates.reflection().onMethodInvocation(method))
                .as(method.toString())
                .accepts(hints);
          }
        }
      }
    }
  }
}
