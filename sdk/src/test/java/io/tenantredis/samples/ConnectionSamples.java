package io.tenantredis.samples;

import io.lettuce.core.ReadFrom;
import io.lettuce.core.RedisCredentials;
import io.tenantredis.ConnectionOptions;
import io.tenantredis.FileCredentials;
import io.tenantredis.IdentityCheck;
import io.tenantredis.TenantCredentials;
import io.tenantredis.TenantCredentialsProvider;
import io.tenantredis.TenantId;
import io.tenantredis.TenantRedis;
import io.tenantredis.TlsOptions;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.Executor;
import reactor.core.publisher.Mono;

/**
 * The samples of docs/connections.md, docs/replica-reads.md, docs/credentials.md and
 * docs/managed-services.md, compiled.
 */
final class ConnectionSamples {

  interface Vault {
    String read(String path);
  }

  interface Tokens {
    CompletionStage<Token> fresh(TenantId tenant);
  }

  record Token(String text, Instant expiry) {
    TenantCredentials asCredentials(TenantId tenant) {
      return TenantCredentials.of("tenant_" + tenant, text);
    }
  }

  static void connections(TenantCredentialsProvider provider) {
    TenantRedis redis =
        TenantRedis.builder("redis://cache.internal:6379")
            .identity("tenant_{tenant}")
            .credentials(provider)
            .connections(
                ConnectionOptions.builder()
                    .maxConnections(2_000)
                    .idleTime(Duration.ofMinutes(2))
                    .reverifyInterval(Duration.ofMinutes(5))
                    .build())
            .build();
    redis.close();
  }

  static void clientInfo(TenantCredentialsProvider provider) {
    TenantRedis redis =
        TenantRedis.builder("rediss://valkey.internal:6379")
            .identity("{tenant}@shop.iam")
            .identityCheck(IdentityCheck.CLIENT_INFO)
            .credentials(provider)
            .build();
    redis.close();
  }

  static void sentinels(TenantCredentialsProvider provider, CharSequence sentinelPassword) {
    TenantRedis redis =
        TenantRedis.builder(
                "redis-sentinel://sentinel-1:26379,sentinel-2:26379,sentinel-3:26379#mymaster")
            .sentinelCredentials(
                () -> Mono.just(RedisCredentials.just("watcher", sentinelPassword)))
            .identity("tenant_{tenant}")
            .credentials(provider)
            .build();
    redis.close();
  }

  static void replicas(TenantCredentialsProvider provider) {
    TenantRedis redis =
        TenantRedis.builder("redis://primary.internal:6379")
            .replicas("replica-1.internal:6379", "replica-2.internal:6379")
            .readFrom(ReadFrom.REPLICA_PREFERRED)
            .identity("tenant_{tenant}")
            .credentials(provider)
            .build();
    redis.close();
  }

  static Map<String, String> someReads(TenantRedis redis) {
    Map<String, String> catalog =
        redis.tenant("acme").readingFrom(ReadFrom.REPLICA_PREFERRED).sync().hgetall("catalog");
    return catalog;
  }

  static void cluster(TenantCredentialsProvider provider) {
    TenantRedis redis =
        TenantRedis.builder("redis-cluster://redis-1:6379,redis-2:6379,redis-3:6379")
            .keyPrefix("tenant:{{tenant}}:")
            .identity("tenant_{tenant}")
            .credentials(provider)
            .build();
    redis.close();
  }

  static TlsOptions tls() {
    TlsOptions tls =
        TlsOptions.builder()
            .trust(Path.of("/run/tls/ca.pem"))
            .certificate(Path.of("/run/tls/client.pem"), Path.of("/run/tls/client.key"))
            .minimumVersion(TlsOptions.Version.TLS_1_3)
            .build();
    return tls;
  }

  static TenantCredentialsProvider fixed(String password) {
    TenantCredentialsProvider fixed =
        TenantCredentialsProvider.of(
            Map.of(TenantId.of("acme"), TenantCredentials.of("tenant_acme", password)));
    return fixed;
  }

  static TenantCredentialsProvider function(Map<TenantId, String> passwords) {
    TenantCredentialsProvider function =
        TenantCredentialsProvider.of(
            tenant -> TenantCredentials.of("tenant_" + tenant, passwords.get(tenant)));
    return function;
  }

  static FileCredentials files() {
    FileCredentials files =
        FileCredentials.builder("tenant_{tenant}", "/run/secrets/redis/{tenant}/password").build();
    return files;
  }

  static TenantCredentialsProvider environment() {
    TenantCredentialsProvider environment =
        TenantCredentialsProvider.ofEnvironment("tenant_{tenant}", "REDIS_PASSWORD_{tenant}");
    return environment;
  }

  static final class VaultCredentials implements TenantCredentialsProvider {

    private final Vault vault;
    private final Executor executor;

    VaultCredentials(Vault vault, Executor executor) {
      this.vault = vault;
      this.executor = executor;
    }

    @Override
    public CompletionStage<TenantCredentials> credentials(TenantId tenant) {
      return CompletableFuture.supplyAsync(
          () -> TenantCredentials.of("tenant_" + tenant, vault.read("secret/redis/" + tenant)),
          executor);
    }
  }

  static final class TokenCredentials implements TenantCredentialsProvider {

    private static final Duration RENEW_BEFORE_EXPIRY = Duration.ofMinutes(5);

    private final Tokens tokens;
    private final Clock clock;
    private final ConcurrentMap<TenantId, Token> current = new ConcurrentHashMap<>();

    TokenCredentials(Tokens tokens, Clock clock) {
      this.tokens = tokens;
      this.clock = clock;
    }

    @Override
    public CompletionStage<TenantCredentials> credentials(TenantId tenant) {
      Token token = current.get(tenant);
      if (token != null && clock.instant().isBefore(token.expiry().minus(RENEW_BEFORE_EXPIRY))) {
        return CompletableFuture.completedFuture(token.asCredentials(tenant));
      }
      return tokens
          .fresh(tenant)
          .thenApply(
              fresh -> {
                current.put(tenant, fresh);
                return fresh.asCredentials(tenant);
              });
    }
  }

  private ConnectionSamples() {}
}
