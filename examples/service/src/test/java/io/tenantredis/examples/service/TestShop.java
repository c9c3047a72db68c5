package io.tenantredis.examples.service;

import io.tenantredis.TenantCredentials;
import io.tenantredis.TenantCredentialsProvider;
import io.tenantredis.TenantId;
import io.tenantredis.admin.AclProfile;
import io.tenantredis.admin.NewUser;
import io.tenantredis.admin.Tenancy;
import io.tenantredis.admin.TenantRedisAdmin;
import io.tenantredis.context.TenantContext;
import io.tenantredis.spring.boot.TenantRedisConnectionDetails;
import io.tenantredis.test.server.RedisServer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.context.event.ApplicationReadyEvent;
import org.springframework.boot.test.context.TestConfiguration;
import org.springframework.context.ApplicationListener;
import org.springframework.context.annotation.Bean;

/** The shop with a Redis of its own, on which its two tenants were provisioned. */
public final class TestShop {

  static final TenantId ACME = TenantId.of("acme");
  static final TenantId GLOBEX = TenantId.of("globex");

  private TestShop() {}

  /** Starts it; Ctrl-C stops it. */
  public static void main(String[] args) {
    SpringApplication.from(ShopApplication::main).with(Redis.class).run(args);
  }

  @TestConfiguration(proxyBeanMethods = false)
  static class Redis {

    private final String password = UUID.randomUUID().toString();

    @Bean
    RedisServer redisServer() {
      return RedisServer.builder().adminUser("admin", password).start();
    }

    @Bean
    TenantRedisConnectionDetails connectionDetails(RedisServer server) {
      return () -> "redis://" + server.host() + ":" + server.port();
    }

    /** Each tenant gets a user with the rights that the shop needs. */
    @Bean
    TenantCredentialsProvider credentials(RedisServer server) {
      Tenancy tenancy = Tenancy.of("tenant:{tenant}:", "tenant_{tenant}");
      String administrator =
          "redis://admin:" + password + "@" + server.host() + ":" + server.port();
      Map<TenantId, TenantCredentials> users = new HashMap<>();
      try (TenantRedisAdmin admin = TenantRedisAdmin.connect(administrator)) {
        for (TenantId tenant : List.of(ACME, GLOBEX)) {
          try (NewUser user =
              admin
                  .provisioner()
                  .create(
                      tenancy
                          .policyOf(tenant)
                          .profile(AclProfile.CACHE)
                          .profile(AclProfile.SESSION)
                          .profile(AclProfile.PUBSUB)
                          .build())) {
            users.put(
                tenant, TenantCredentials.of(tenancy.userOf(tenant), user.password().reveal()));
          }
        }
      }
      return TenantCredentialsProvider.of(users);
    }

    @Bean
    ApplicationListener<ApplicationReadyEvent> goods(Catalog catalog) {
      return ready -> {
        TenantContext.run(ACME, () -> catalog.price("espresso", 280));
        TenantContext.run(ACME, () -> catalog.price("grinder", 14900));
        TenantContext.run(GLOBEX, () -> catalog.price("espresso", 310));
        TenantContext.run(GLOBEX, () -> catalog.price("anvil", 9900));
      };
    }
  }
}
