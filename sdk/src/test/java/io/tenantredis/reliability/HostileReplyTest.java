package io.tenantredis.reliability;

import static org.assertj.core.api.Assertions.assertThat;

import io.tenantredis.TenantClient;
import io.tenantredis.TenantRedis;
import io.tenantredis.TenantRedisFailure;
import io.tenantredis.Tenants;
import io.tenantredis.test.server.RedisServer;
import io.tenantredis.test.server.WireProxy;
import java.time.Duration;
import java.util.Random;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Whatever a server answers, the application gets a result or a typed failure, in time, and the
 * next reply that it gets is its own. {@code -Dtenantredis.seed} repeats a run.
 */
class HostileReplyTest {

  private static final long SEED = Long.getLong("tenantredis.seed", System.nanoTime());
  private static final int ROUNDS = Boolean.getBoolean("tenantredis.long") ? 1000 : 30;

  @Test
  @Timeout(600)
  void anyReplyIsAResultOrATypedFailureAndTheNextReplyIsRight() {
    System.out.println("HostileReplyTest: reproduce with -Dtenantredis.seed=" + SEED);
    Random random = new Random(SEED);
    try (RedisServer server = Tenants.confined().start();
        WireProxy proxy = WireProxy.to(server);
        TenantRedis redis =
            TenantRedis.builder(proxy.uri())
                .identity("tenant_{tenant}")
                .credentials(Tenants.credentials())
                .commandTimeout(Duration.ofMillis(250))
                .build()) {
      TenantClient<String, String> acme = redis.tenant("acme");
      for (int i = 0; i < ROUNDS; i++) {
        String key = "k" + i;
        Awaitility.await().ignoreExceptions().until(() -> "OK".equals(acme.sync().set(key, key)));
        byte[] bytes = HostileBytes.next(random);
        proxy.onCommand("HGETALL").replaceReply(bytes);
        try {
          acme.sync().hgetall("hash");
        } catch (RuntimeException failure) {
          assertThat(failure)
              .as("after %s", HostileBytes.printable(bytes))
              .isInstanceOf(TenantRedisFailure.class);
        }
        Awaitility.await().until(() -> key.equals(valueOf(acme, key, bytes)));
        proxy.heal();
      }
    }
  }

  private static String valueOf(TenantClient<String, String> acme, String key, byte[] bytes) {
    try {
      String value = acme.sync().get(key);
      assertThat(value).as("after %s", HostileBytes.printable(bytes)).isEqualTo(key);
      return value;
    } catch (RuntimeException failure) {
      assertThat(failure).isInstanceOf(TenantRedisFailure.class);
      return "";
    }
  }
}
