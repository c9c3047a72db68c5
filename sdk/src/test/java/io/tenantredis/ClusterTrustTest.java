package io.tenantredis;

import static io.tenantredis.Clusters.SPREAD;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tenantredis.test.server.RedisCluster;
import io.tenantredis.test.server.RedisServer;
import io.tenantredis.test.server.WireProxy;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Nothing that a tenant can make up decides where connections, and with them passwords, go. The
 * cluster is one server behind a proxy that says that all slots are its.
 */
class ClusterTrustTest {

  private static RedisServer node;
  private static RedisServer outside;

  private WireProxy proxy;

  @BeforeAll
  static void start() {
    node = Clusters.server(true).start();
    outside = Clusters.server(true).start();
  }

  @AfterAll
  static void stop() {
    node.close();
    outside.close();
  }

  @BeforeEach
  void beACluster() {
    node.admin().command("FLUSHALL");
    outside.admin().command("CONFIG", "RESETSTAT");
    proxy = WireProxy.to(node);
    proxy
        .onCommand("CLUSTER SLOTS")
        .always()
        .answer(
            ("*1\r\n*3\r\n:0\r\n:16383\r\n*2\r\n$9\r\n127.0.0.1\r\n:" + proxy.port() + "\r\n")
                .getBytes(StandardCharsets.US_ASCII));
  }

  @AfterEach
  void close() {
    proxy.close();
  }

  private TenantRedis.Builder client() {
    return TenantRedis.builder("redis-cluster://127.0.0.1:" + proxy.port())
        .keyPrefix(SPREAD)
        .identity("tenant_{tenant}")
        .credentials(Tenants.credentials())
        .connectTimeout(Duration.ofSeconds(60))
        .commandTimeout(Duration.ofSeconds(60));
  }

  private static void assertNobodyToldTheServerOutsideAPassword() {
    assertThat(outside.admin().text("INFO", "commandstats")).doesNotContain("cmdstat_acl|whoami");
  }

  private static String redirection(String kind, int port) {
    return kind + " " + RedisCluster.slotOf("tenant:acme:k") + " 127.0.0.1:" + port;
  }

  /** What it sends is sent by one attempt: each would be redirected anew. */
  private TenantRedis withAnOwnCommand() {
    return client()
        .resilience(ResilienceOptions.builder().maxAttempts(1).build())
        .commands(CommandPolicy.builder().rule("MYMOD.PUT", "key .*", "-", "write").build())
        .build();
  }

  @Test
  void aRedirectionThatAModuleOfTheApplicationsOwnMadeUpLeadsNobodyToAServerOutsideTheCluster() {
    try (TenantRedis redis = withAnOwnCommand()) {
      TenantClient<String, String> acme = redis.tenant("acme");
      acme.sync().set("k", "v");
      for (String kind : List.of("MOVED", "ASK")) {
        proxy.onCommand("MYMOD.PUT").answerError(redirection(kind, outside.port()));
        assertThatThrownBy(() -> OwnCommands.run(acme, "MYMOD.PUT", "k"))
            .isInstanceOf(TenantCommandException.class);
        // Waits for whatever question the redirection led to.
        acme.keys().count();
        assertNobodyToldTheServerOutsideAPassword();
      }
    }
  }

  @Test
  void anOwnModuleThatMakesUpARedirectionToItsNodeIsNotRunAgain() {
    try (TenantRedis redis = withAnOwnCommand()) {
      TenantClient<String, String> acme = redis.tenant("acme");
      acme.sync().set("k", "v");
      for (String kind : List.of("MOVED", "ASK")) {
        long before = proxy.commandsSeen("MYMOD.PUT");
        proxy.onCommand("MYMOD.PUT").always().answerError(redirection(kind, proxy.port()));
        assertThatThrownBy(() -> OwnCommands.run(acme, "MYMOD.PUT", "k"))
            .isInstanceOf(TenantCommandException.class);
        assertThat(proxy.commandsSeen("MYMOD.PUT")).as(kind).isEqualTo(before + 1);
      }
    }
  }

  @Test
  void whereKeysAreSpreadAnOwnCommandWithoutAKeyIsRefused() {
    CommandPolicy policy = CommandPolicy.builder().rule("MYMOD.ALL", "", "-", "read").build();
    try (TenantRedis redis = client().commands(policy).build()) {
      assertThatThrownBy(() -> OwnCommands.run(redis.tenant("acme"), "MYMOD.ALL"))
          .isInstanceOfSatisfying(
              CommandRefusedException.class,
              refused -> assertThat(refused.reason()).isEqualTo(RefusalReason.CROSS_SLOT));
      assertThat(proxy.commandsSeen("MYMOD.ALL")).isZero();
    }
  }
}
