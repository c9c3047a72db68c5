package io.tenantredis.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.tenantredis.TenantId;
import io.tenantredis.test.server.RedisServer;
import io.tenantredis.test.server.RespConnection;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/**
 * A tenant moves between the server that tests use and another one, {@code
 * -Dtenantredis.other.binary=PATH}, in both directions: which one works is told by the versions of
 * what the servers serialize.
 */
@EnabledIfSystemProperty(named = "tenantredis.other.binary", matches = ".+")
class TenantMoveVersionsTest {

  private static final TenantId ACME = TenantId.of("acme");
  private static final char[] PASSWORD = "secret of acme".toCharArray();

  private static AclPolicy policy() {
    return ProvisionerTest.policy("acme", AclProfile.CACHE, AclProfile.QUEUE);
  }

  private static RedisServer.Builder server() {
    return RedisServer.builder().adminUser("root", "root password");
  }

  /** The two bytes before the checksum. */
  private static int version(RedisServer server) {
    server.admin().command("SET", "version", "x");
    byte[] dump =
        (byte[])
            server
                .admin()
                .commandBytes(
                    "DUMP".getBytes(StandardCharsets.US_ASCII),
                    "version".getBytes(StandardCharsets.US_ASCII));
    return (dump[dump.length - 10] & 0xff) | (dump[dump.length - 9] & 0xff) << 8;
  }

  @Test
  void aServerReadsWhatNoNewerOneWroteAndElseTheTenantStaysAsItWas() {
    Path other = Path.of(System.getProperty("tenantredis.other.binary"));
    try (RedisServer one = server().start();
        RedisServer two = server().binary(other).start()) {
      move(one, two);
      one.admin().command("FLUSHALL");
      two.admin().command("FLUSHALL");
      one.admin().command("ACL", "DELUSER", "tenant_acme");
      two.admin().command("ACL", "DELUSER", "tenant_acme");
      move(two, one);
    }
  }

  private static void move(RedisServer from, RedisServer to) {
    TenantMoveTest.fillTypes(from.admin());
    boolean readable = version(from) <= version(to);
    try (TenantRedisAdmin old = ProvisionerTest.connect(from);
        TenantRedisAdmin next = ProvisionerTest.connect(to)) {
      old.provisioner().apply(policy(), AclPassword.of(PASSWORD)).requireComplete();
      TenantMove move = old.moveTo(next, policy());
      assertThat(move.tenant()).isEqualTo(ACME);
      if (readable) {
        move.copy(report -> {});
        move.cutOver(report -> {});
        TenantMoveTest.assertSameEverywhere(from, to);
      } else {
        assertThatExceptionOfType(AdminException.class)
            .isThrownBy(() -> move.cutOver(report -> {}))
            .withMessageContaining("cannot read a value")
            .withMessageContaining(old.dialect().toString())
            .withMessageContaining(next.dialect().toString());
        try (RespConnection tenant = from.connect("tenant_acme", new String(PASSWORD))) {
          tenant.command("SET", "tenant:acme:string", "may write");
        }
      }
    }
  }
}
