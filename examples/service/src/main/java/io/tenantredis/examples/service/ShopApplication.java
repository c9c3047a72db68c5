package io.tenantredis.examples.service;

import io.tenantredis.spring.KnownTenants;
import io.tenantredis.spring.web.ServletTenantResolver;
import java.time.Duration;
import java.util.Set;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.cache.annotation.EnableCaching;
import org.springframework.context.annotation.Bean;
import org.springframework.data.redis.cache.RedisCacheConfiguration;
import org.springframework.data.redis.serializer.JacksonJsonRedisSerializer;
import org.springframework.data.redis.serializer.RedisSerializationContext.SerializationPair;
import org.springframework.scheduling.annotation.EnableScheduling;
import org.springframework.session.data.redis.config.annotation.web.http.EnableRedisHttpSession;

/** The shop of each tenant. */
@SpringBootApplication(proxyBeanMethods = false)
@EnableCaching
@EnableRedisHttpSession
@EnableScheduling
public class ShopApplication {

  /**
   * Starts it.
   *
   * @param args as Spring Boot has them
   */
  public static void main(String[] args) {
    SpringApplication.run(ShopApplication.class, args);
  }

  @Bean
  KnownTenants knownTenants(@Value("${shop.tenants}") Set<String> tenants) {
    return tenant -> tenants.contains(tenant.value());
  }

  /** Browsers come by a host name, other programs with a header; who says both must agree. */
  @Bean
  ServletTenantResolver tenantOfRequest(@Value("${shop.host}") String pattern) {
    ServletTenantResolver host = ServletTenantResolver.host(pattern);
    ServletTenantResolver header = ServletTenantResolver.header("X-Tenant");
    return request -> {
      String byHost = host.resolve(request);
      if (request.getHeader("X-Tenant") == null) {
        return byHost;
      }
      // Names none where it is there twice, which is no reason to go by the host.
      String byHeader = header.resolve(request);
      return byHost == null || byHost.equals(byHeader) ? byHeader : null;
    };
  }

  @Bean
  RedisCacheConfiguration cacheConfiguration() {
    return RedisCacheConfiguration.defaultCacheConfig()
        .entryTtl(Duration.ofMinutes(10))
        .disableCachingNullValues()
        .serializeValuesWith(
            SerializationPair.fromSerializer(new JacksonJsonRedisSerializer<>(Product.class)));
  }
}
