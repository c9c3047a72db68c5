package io.tenantredis.test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tenantredis.TenantClient;
import io.tenantredis.TenantRedis;
import io.tenantredis.test.server.RedisServer;
import io.tenantredis.test.server.RespConnection;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.testcontainers.DockerClientFactory;

/** The image is redis:8.0, or what the environment variable TENANTREDIS_TEST_IMAGE names. */
@EnabledIf(value = "dockerAnswers", disabledReason = "no Docker engine answers on this machine")
class ContainerTest {

  private static final String IMAGE =
      Optional.ofNullable(System.getenv("TENANTREDIS_TEST_IMAGE"))
          .orElse(TenantRedisContainer.DEFAULT_IMAGE);

  @RegisterExtension
  static final TenantRedisExtension EXTENSION =
      TenantRedisExtension.builder().container(IMAGE).build();

  static boolean dockerAnswers() {
    return DockerClientFactory.instance().isDockerAvailable();
  }

  @Test
  void tenantsAreRealOnesOnTheServerInTheContainer(
      @Tenant("acme") TenantClient<String, String> acme, TestTenants tenants) {
    acme.sync().set("cart", "1");

    tenants.assertThatTenant(acme).hasKey("cart");
    assertThat(tenants.processes(RedisServer.class)).isEmpty();
  }

  @Test
  void faultsAndReportsWorkThroughTheSameProxy(
      @Tenant("acme") TenantClient<String, String> acme, TestTenants tenants) {
    acme.sync().set("cart", "1");
    tenants.failNextCommand("OOM command not allowed");

    assertThatThrownBy(() -> acme.sync().set("cart", "2")).hasMessageContaining("OOM");
    assertThat(tenants.commands().count("acme", "SET")).isEqualTo(2);
  }

  @Test
  void isolationIsVerifiedInTheContainer(TenantRedis redis, TestTenants tenants) {
    TenantIsolation.of(tenants)
        .verify(run -> redis.tenant(run.tenant()).sync().set("a", run.mark("a")));

    assertThat(
            TenantIsolation.of(tenants)
                .inspect(run -> tenants.admin().set("stray", "1"))
                .crossings())
        .isNotEmpty();
  }

  @Test
  void theContainerOnItsOwnHasAnAdministratorAndNoDefaultUser() {
    try (TenantRedisContainer container = new TenantRedisContainer(IMAGE)) {
      container.start();
      String[] address = container.url().substring("redis://".length()).split(":");

      try (RespConnection nobody =
          RespConnection.connect(address[0], Integer.parseInt(address[1]))) {
        assertThat(nobody.tryCommand("PING").toString()).contains("NOAUTH");
      }
      assertThat(container.administratorUrl()).contains("@" + address[0] + ":" + address[1]);
    }
  }
}
