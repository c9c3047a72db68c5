package io.tenantredis.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import io.tenantredis.TenantRedis;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.data.redis.core.StringRedisTemplate;

class StartUpCostTest {

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void bothApplicationsStartWithoutAServerAndOnlyOneHasTheStarter(boolean withTheStarter) {
    try (ConfigurableApplicationContext context = StartUpCost.start(withTheStarter)) {
      assertThat(context.getBeansOfType(StringRedisTemplate.class)).hasSize(1);
      assertThat(context.getBeansOfType(TenantRedis.class)).hasSize(withTheStarter ? 1 : 0);
    }
  }
}
