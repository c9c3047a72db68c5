package io.tenantredis.test.spring;

import static org.assertj.core.api.Assertions.assertThat;

import io.tenantredis.TenantCredentialsProvider;
import io.tenantredis.TenantId;
import io.tenantredis.context.TenantContext;
import io.tenantredis.spring.boot.TenantRedisConnectionDetails;
import io.tenantredis.test.TenantRedisContainer;
import io.tenantredis.test.TenantRedisExtension;
import io.tenantredis.test.TestTenants;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.TestConfiguration;
import org.springframework.boot.testcontainers.service.connection.ServiceConnection;
import org.springframework.context.annotation.Bean;
import org.testcontainers.DockerClientFactory;

/** The image is redis:8.0, or what the environment variable TENANTREDIS_TEST_IMAGE names. */
@EnabledIf(value = "dockerAnswers", disabledReason = "no Docker engine answers on this machine")
@SpringBootTest(
    classes = {VisitsApplication.class, ServiceConnectionTest.Containers.class},
    properties = {"tenant-redis.identity=tenant_{tenant}"})
class ServiceConnectionTest {

  static boolean dockerAnswers() {
    return DockerClientFactory.instance().isDockerAvailable();
  }

  @TestConfiguration(proxyBeanMethods = false)
  static class Containers {

    @Bean
    @ServiceConnection
    TenantRedisContainer redis() {
      return new TenantRedisContainer(
          Optional.ofNullable(System.getenv("TENANTREDIS_TEST_IMAGE"))
              .orElse(TenantRedisContainer.DEFAULT_IMAGE));
    }

    /** Its users are those of the application's own prefix and identity. */
    @Bean
    TenantCredentialsProvider credentials(TenantRedisContainer container) {
      return container.credentialsProvider("tenant:{tenant}:", "tenant_{tenant}");
    }
  }

  @Test
  void theContainerIsWhereTheApplicationConnects(
      @Autowired Visits visits,
      @Autowired TenantRedisContainer container,
      @Autowired TenantRedisConnectionDetails details) {
    assertThat(details.url()).isEqualTo(container.url());

    TenantContext.run(TenantId.of("acme"), () -> visits.visited("home", "ann"));

    try (TestTenants other =
        TenantRedisExtension.builder().url(container.administratorUrl()).build().open()) {
      assertThat(other.admin().keys("*"))
          .containsExactlyInAnyOrder("tenant:acme:visits:home", "tenant:acme:visitors:home");
    }
  }
}
