package io.tenantredis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lettuce.core.RedisConnectionException;
import io.tenantredis.test.server.RedisServer;
import io.tenantredis.test.server.RespConnection;
import java.util.concurrent.CompletableFuture;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** No command leaves on a connection of which the server did not say that it is the tenant's. */
class IdentityTest {

  static RedisServer server;
  static RespConnection admin;

  @BeforeAll
  static void startServer() {
    // The default user may do everything: who gets a connection of it by mistake crosses the wall.
    server =
        RedisServer.builder()
            .adminUser("admin", "admin-secret")
            .user("default", "on", "nopass", "~*", "&*", "+@all")
            .user("tenant_acme", Tenants.rules("acme", true))
            .user("tenant_globex", Tenants.rules("globex", true))
            .user(
                "tenant_mute",
                "on",
                ">secret-of-mute",
                "~tenant:mute:*",
                "+@read",
                "+@write",
                "+@connection")
            .start();
    admin = server.admin();
  }

  @AfterAll
  static void stopServer() {
    server.close();
  }

  @BeforeEach
  void clear() {
    admin.command("FLUSHALL");
  }

  private static TenantRedis client(TenantCredentialsProvider credentials) {
    return TenantRedis.builder(server.uri())
        .identity("tenant_{tenant}")
        .credentials(credentials)
        .maxAttempts(1)
        .build();
  }

  private static TenantRedisFailure failureOf(TenantRedis redis, String tenant) {
    try {
      redis.tenant(tenant).sync().set("k", "v");
    } catch (RedisConnectionException expected) {
      assertThat(expected).isInstanceOf(TenantRedisFailure.class);
      return (TenantRedisFailure) expected;
    }
    throw new AssertionError("the command was executed");
  }

  @Test
  void credentialsWithoutPasswordNeverGetAConnection() {
    try (TenantRedis redis =
        client(TenantCredentialsProvider.of(t -> TenantCredentials.of("tenant_acme", "")))) {
      TenantRedisFailure failure = failureOf(redis, "acme");
      assertThat(failure.code()).isEqualTo(ErrorCode.SEC006);
      assertThat(failure.outcome()).isEqualTo(Outcome.NOT_SENT);
      assertThat(admin.integer("DBSIZE")).isZero();
    }
  }

  @Test
  void credentialsOfAnotherTenantNeverGetAConnection() {
    try (TenantRedis redis =
        client(
            TenantCredentialsProvider.of(
                t -> TenantCredentials.of("tenant_globex", Tenants.password("globex"))))) {
      assertThat(failureOf(redis, "acme").code()).isEqualTo(ErrorCode.SEC006);
      assertThat(admin.integer("DBSIZE")).isZero();
    }
  }

  @Test
  void theDefaultUserNeverGetsAConnection() {
    try (TenantRedis redis =
        client(TenantCredentialsProvider.of(t -> TenantCredentials.of("default", "any")))) {
      assertThat(failureOf(redis, "acme").code()).isEqualTo(ErrorCode.SEC006);
      assertThat(admin.integer("DBSIZE")).isZero();
    }
  }

  @Test
  void aUserThatMayNotSayWhoItIsGetsNoConnectionAndTheMessageSaysWhatToGrant() {
    try (TenantRedis redis =
        client(
            TenantCredentialsProvider.of(
                t -> TenantCredentials.of("tenant_mute", "secret-of-mute")))) {
      assertThat(failureOf(redis, "mute").code()).isEqualTo(ErrorCode.SEC007);
      assertThatThrownBy(() -> redis.tenant("mute").sync().get("k"))
          .hasMessageContaining("+acl|whoami");
    }
  }

  @Test
  void aWrongPasswordIsATypedErrorWithoutThePassword() {
    try (TenantRedis redis =
        client(
            TenantCredentialsProvider.of(
                t -> TenantCredentials.of("tenant_acme", "guessed-wrong")))) {
      assertThatThrownBy(() -> redis.tenant("acme").sync().get("k"))
          .isInstanceOfSatisfying(
              TenantConnectionException.class,
              failure -> assertThat(failure.code()).isEqualTo(ErrorCode.SEC002))
          .message()
          .doesNotContain("guessed-wrong");
    }
  }

  @Test
  void anUnknownTenantIsATypedError() {
    try (TenantRedis redis = client(TenantCredentialsProvider.of(t -> null))) {
      assertThatThrownBy(() -> redis.tenant("nobody").sync().get("k"))
          .isInstanceOf(UnknownTenantException.class);
    }
  }

  @Test
  void aProviderThatFailsIsATypedErrorWithoutItsMessage() {
    try (TenantRedis redis =
        client(
            t ->
                CompletableFuture.failedFuture(
                    new IllegalStateException("vault token s3cr3t expired")))) {
      assertThatThrownBy(() -> redis.tenant("acme").sync().get("k"))
          .isInstanceOfSatisfying(
              TenantConnectionException.class,
              failure -> assertThat(failure.code()).isEqualTo(ErrorCode.TR011))
          .message()
          .doesNotContain("s3cr3t");
    }
  }

  @Test
  void aKilledConnectionComesBackVerified() {
    try (TenantRedis redis = client(Tenants.credentials())) {
      TenantClient<String, String> acme = redis.tenant("acme");
      acme.sync().set("k", "v");
      admin.command("CLIENT", "KILL", "USER", "tenant_acme");
      Awaitility.await().until(() -> "v".equals(tryGet(acme)));
      assertThat(admin.text("CLIENT", "LIST"))
          .contains("user=tenant_acme")
          .doesNotContain("user=default");
    }
  }

  private static String tryGet(TenantClient<String, String> client) {
    try {
      return client.sync().get("k");
    } catch (TenantConnectionLostException | TenantConnectionException lost) {
      return null;
    }
  }

  @Test
  void aTenantWhoseIdentityWouldBeTheDefaultUserIsRefused() {
    try (TenantRedis redis =
        TenantRedis.builder(server.uri())
            .identity("{tenant}")
            .credentials(Tenants.credentials())
            .build()) {
      assertThatThrownBy(() -> redis.tenant("default"))
          .isInstanceOf(InvalidTenantIdException.class);
    }
  }
}
