package io.tenantredis.test.spring;

import io.tenantredis.TenantId;
import io.tenantredis.context.TenantContext;
import io.tenantredis.test.TenantRedisExtension;
import io.tenantredis.test.TestTenants;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.test.annotation.DirtiesContext;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;

@SpringBootTest(classes = VisitsApplication.class)
@DirtiesContext
class DynamicPropertySourceTest {

  private static final TestTenants TENANTS = TenantRedisExtension.builder().build().open();

  @DynamicPropertySource
  static void redis(DynamicPropertyRegistry registry) {
    TestTenantsProperties.register(registry, TENANTS, "acme", "globex");
  }

  @AfterAll
  static void close() {
    TENANTS.close();
  }

  @Test
  void theApplicationKnowsTheTenantsByItsProperties(@Autowired Visits visits) {
    TenantContext.run(TenantId.of("acme"), () -> visits.visited("home", "ann"));

    TENANTS.assertThatTenant("acme").hasKey("visits:home");
    TENANTS.assertThatTenant("globex").leavesNoKeys();
  }
}
