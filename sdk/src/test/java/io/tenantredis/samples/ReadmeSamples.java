package io.tenantredis.samples;

import io.lettuce.core.RedisException;
import io.lettuce.core.TransactionResult;
import io.micrometer.core.instrument.MeterRegistry;
import io.tenantredis.Outcome;
import io.tenantredis.TenantClient;
import io.tenantredis.TenantCredentials;
import io.tenantredis.TenantId;
import io.tenantredis.TenantRedis;
import io.tenantredis.TenantRedisFailure;
import java.util.concurrent.CompletionStage;

/** The samples of README.md, compiled. */
final class ReadmeSamples {

  interface Secrets {
    CompletionStage<TenantCredentials> credentialsOf(TenantId tenant);
  }

  static void build(Secrets secrets, MeterRegistry registry) {
    try (TenantRedis redis =
        TenantRedis.builder("redis://cache.internal:6379")
            .keyPrefix("tenant:{tenant}:")
            .identity("tenant_{tenant}")
            .credentials(tenant -> secrets.credentialsOf(tenant))
            .meterRegistry(registry)
            .build()) {
      TenantClient<String, String> acme = redis.tenant("acme");
      acme.sync().hset("cart:7", "sku", "2");
      acme.async().get("greeting").thenAccept(System.out::println);
      acme.reactive().incr("visits").subscribe();
      long keys = acme.keys().count();
    }
  }

  static void failures(TenantClient<String, String> acme) {
    try {
      acme.sync().incr("stock");
    } catch (RedisException failure) {
      if (failure instanceof TenantRedisFailure typed && typed.outcome() == Outcome.UNKNOWN) {
        // The connection was lost, or no reply came in time: it may have been counted.
        reconcile(typed.tenant());
      }
    }
  }

  static TransactionResult transaction(TenantClient<String, String> acme) {
    TransactionResult result =
        acme.dedicated(
            connection -> {
              connection.sync().watch("stock");
              int stock = Integer.parseInt(connection.sync().get("stock"));
              connection.sync().multi();
              connection.sync().set("stock", Integer.toString(stock - 1));
              return connection.sync().exec();
            });
    return result;
  }

  private static void reconcile(TenantId tenant) {}

  private ReadmeSamples() {}
}
