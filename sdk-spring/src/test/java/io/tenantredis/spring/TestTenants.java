package io.tenantredis.spring;

import io.tenantredis.TenantCredentials;
import io.tenantredis.TenantCredentialsProvider;
import io.tenantredis.TenantRedis;
import io.tenantredis.test.server.RedisServer;

/** A server with a user for each of some tenants, and a client for it. */
public final class TestTenants {

  private TestTenants() {}

  public static RedisServer server(String... tenants) {
    return builder(tenants).start();
  }

  public static RedisServer.Builder builder(String... tenants) {
    RedisServer.Builder builder = RedisServer.builder().adminUser("admin", "admin-secret");
    for (String tenant : tenants) {
      builder =
          builder.user(
              "tenant_" + tenant,
              "on",
              ">" + password(tenant),
              "~tenant:" + tenant + ":*",
              "&tenant:" + tenant + ":*",
              "+@all",
              "-@admin",
              "-@dangerous",
              "+acl|whoami",
              "+sort",
              "-sdiffstore");
    }
    return builder;
  }

  public static String password(String tenant) {
    return "secret-of-" + tenant;
  }

  public static TenantCredentialsProvider credentials() {
    return TenantCredentialsProvider.of(
        tenant -> TenantCredentials.of("tenant_" + tenant.value(), password(tenant.value())));
  }

  public static TenantRedis client(RedisServer server) {
    return builder(server).build();
  }

  public static TenantRedis.Builder builder(RedisServer server) {
    return TenantRedis.builder("redis://" + server.host() + ":" + server.port())
        .identity("tenant_{tenant}")
        .credentials(credentials());
  }

  public static String[] properties(RedisServer server, String... tenants) {
    String[] properties = new String[tenants.length + 2];
    properties[0] = "tenant-redis.url=redis://" + server.host() + ":" + server.port();
    properties[1] = "tenant-redis.identity=tenant_{tenant}";
    for (int i = 0; i < tenants.length; i++) {
      properties[i + 2] =
          "tenant-redis.credentials.users." + tenants[i] + ".password=" + password(tenants[i]);
    }
    return properties;
  }
}
