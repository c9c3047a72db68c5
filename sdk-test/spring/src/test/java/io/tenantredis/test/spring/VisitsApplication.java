package io.tenantredis.test.spring;

import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.data.redis.core.StringRedisTemplate;

@SpringBootConfiguration(proxyBeanMethods = false)
@EnableAutoConfiguration
class VisitsApplication {

  @Bean
  Visits visits(StringRedisTemplate redis) {
    return new Visits(redis);
  }
}
