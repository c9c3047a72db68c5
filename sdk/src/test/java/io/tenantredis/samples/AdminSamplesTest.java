package io.tenantredis.samples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tenantredis.admin.Tenancy;
import io.tenantredis.admin.TenantRedisAdmin;
import io.tenantredis.test.server.RedisServer;
import io.tenantredis.test.server.RespErrorException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class AdminSamplesTest {

  private static final class Passwords implements AdminSamples.Vault {
    private final List<String> stored = new ArrayList<>();

    @Override
    public void store(String user, char[] password) {
      stored.add(new String(password));
    }

    @Override
    public void awaitThatAllClientsHaveIt(String user) {}
  }

  @Test
  void theSamplesOfTheGuideWork() {
    try (RedisServer server = RedisServer.builder().adminUser("root", "root-password").start()) {
      String uri = "redis://root:root-password@127.0.0.1:" + server.port();
      Passwords vault = new Passwords();

      Tenancy tenancy = AdminSamples.create(uri, vault);
      try (TenantRedisAdmin admin = TenantRedisAdmin.connect(uri)) {
        AdminSamples.rotate(admin, vault);
        AdminSamples.verify(admin, tenancy);
        server.connect("tenant_initech", vault.stored.get(1)).close();
        assertThatThrownBy(() -> server.connect("tenant_initech", vault.stored.get(0)))
            .isInstanceOf(RespErrorException.class);

        server.admin().command("ACL", "SETUSER", "tenant_initech", "~*");
        assertThatThrownBy(() -> AdminSamples.verify(admin, tenancy))
            .isInstanceOf(AssertionError.class);
      }
      assertThat(vault.stored).hasSize(2);
    }
  }
}
