package io.tenantredis.spring.boot;

import io.tenantredis.spring.KnownTenants;
import io.tenantredis.spring.web.ServerTenantResolver;
import io.tenantredis.spring.web.ServletTenantResolver;
import io.tenantredis.spring.web.TenantGate;
import io.tenantredis.spring.web.TenantServletFilter;
import io.tenantredis.spring.web.TenantWebFilter;
import io.tenantredis.spring.web.TokenClaim;
import java.security.Principal;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnExpression;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingFilterBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication;
import org.springframework.boot.web.servlet.FilterRegistrationBean;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.http.server.reactive.HttpHandlerDecoratorFactory;
import org.springframework.util.ClassUtils;
import org.springframework.web.filter.OncePerRequestFilter;
import org.springframework.web.server.WebFilter;

/**
 * The tenant of web requests: a filter, where {@code tenant-redis.web.resolver} or a resolver bean
 * says how a request names its tenant.
 */
@AutoConfiguration(after = TenantRedisAutoConfiguration.class)
@ConditionalOnBean(TenantRedisProperties.class)
public final class TenantRedisWebAutoConfiguration {

  private static final String RESOLVER_IS_SET =
      "!'${tenant-redis.web.resolver:none}'.equalsIgnoreCase('none')";

  private static final String CLAIM_ACCESSOR =
      "org.springframework.security.oauth2.core.ClaimAccessor";

  TenantRedisWebAutoConfiguration() {}

  private static TenantGate gate(
      TenantRedisProperties.Web web, ObjectProvider<KnownTenants> known) {
    return new TenantGate(web.excludedPaths(), known.getIfAvailable(), web.unknownStatus());
  }

  private static String required(@Nullable String value, String name, String example) {
    if (value == null || value.isEmpty()) {
      throw new InvalidPropertiesException(
          List.of(
              "tenant-redis.web." + name + " is missing: set it, for example '" + example + "'."));
    }
    return value;
  }

  private static String path(TenantRedisProperties.Web web) {
    return required(web.path(), "path", "/t/{tenant}/**");
  }

  private static String host(TenantRedisProperties.Web web) {
    return required(web.host(), "host", "{tenant}.example.com");
  }

  private static String fixed(TenantRedisProperties.Web web) {
    return required(web.fixed(), "fixed", "acme");
  }

  private static Function<Principal, @Nullable String> claim(TenantRedisProperties.Web web) {
    if (!ClassUtils.isPresent(CLAIM_ACCESSOR, null)) {
      throw new InvalidPropertiesException(
          List.of(
              "tenant-redis.web.resolver is 'claim', but Spring Security's OAuth2 support is not there: add"
                  + " spring-security-oauth2-core, for example with a resource server's starter."));
    }
    return new TokenClaim(web.claim());
  }

  private static InvalidPropertiesException noResolver() {
    return new InvalidPropertiesException(
        List.of("tenant-redis.web.resolver is 'none': say how a request names its tenant."));
  }

  @Configuration(proxyBeanMethods = false)
  @ConditionalOnWebApplication(type = ConditionalOnWebApplication.Type.SERVLET)
  @ConditionalOnClass({OncePerRequestFilter.class, FilterRegistrationBean.class})
  static class ServletConfiguration {

    @Bean
    @ConditionalOnMissingBean
    @ConditionalOnExpression(RESOLVER_IS_SET)
    ServletTenantResolver servletTenantResolver(TenantRedisProperties properties) {
      TenantRedisProperties.Web web = properties.web();
      return switch (web.resolver()) {
        case HEADER -> ServletTenantResolver.header(web.header());
        case PATH -> ServletTenantResolver.path(path(web));
        case HOST -> ServletTenantResolver.host(host(web));
        case PRINCIPAL -> ServletTenantResolver.principal(Principal::getName);
        case CLAIM -> ServletTenantResolver.principal(claim(web));
        case SESSION -> ServletTenantResolver.session(web.sessionAttribute());
        case FIXED -> ServletTenantResolver.fixed(fixed(web));
        case NONE -> throw noResolver();
      };
    }

    @Bean
    @ConditionalOnBean(ServletTenantResolver.class)
    @ConditionalOnMissingBean(name = "tenantServletFilter")
    @ConditionalOnMissingFilterBean(TenantServletFilter.class)
    FilterRegistrationBean<TenantServletFilter> tenantServletFilter(
        TenantRedisProperties properties,
        ServletTenantResolver resolver,
        ObjectProvider<KnownTenants> known,
        ListableBeanFactory beans) {
      FilterRegistrationBean<TenantServletFilter> registration =
          new FilterRegistrationBean<>(
              new TenantServletFilter(resolver, gate(properties.web(), known)));
      registration.setOrder(
          FilterOrder.of(properties.web(), beans, "org.springframework.session.SessionRepository"));
      registration.setAsyncSupported(true);
      return registration;
    }
  }

  @Configuration(proxyBeanMethods = false)
  @ConditionalOnWebApplication(type = ConditionalOnWebApplication.Type.REACTIVE)
  @ConditionalOnClass(WebFilter.class)
  static class ReactiveConfiguration {

    @Bean
    @ConditionalOnMissingBean
    @ConditionalOnExpression(RESOLVER_IS_SET)
    ServerTenantResolver serverTenantResolver(TenantRedisProperties properties) {
      TenantRedisProperties.Web web = properties.web();
      return switch (web.resolver()) {
        case HEADER -> ServerTenantResolver.header(web.header());
        case PATH -> ServerTenantResolver.path(path(web));
        case HOST -> ServerTenantResolver.host(host(web));
        case PRINCIPAL -> ServerTenantResolver.principal(Principal::getName);
        case CLAIM -> ServerTenantResolver.principal(claim(web));
        case SESSION -> ServerTenantResolver.session(web.sessionAttribute());
        case FIXED -> ServerTenantResolver.fixed(fixed(web));
        case NONE -> throw noResolver();
      };
    }

    @Bean
    @ConditionalOnBean(ServerTenantResolver.class)
    @ConditionalOnMissingBean
    TenantWebFilter tenantWebFilter(
        TenantRedisProperties properties,
        ServerTenantResolver resolver,
        ObjectProvider<KnownTenants> known,
        ListableBeanFactory beans) {
      int order =
          FilterOrder.of(
              properties.web(), beans, "org.springframework.session.ReactiveSessionRepository");
      return new TenantWebFilter(resolver, gate(properties.web(), known), order);
    }

    @Bean
    @ConditionalOnBean(TenantWebFilter.class)
    HttpHandlerDecoratorFactory tenantWhileCommitting() {
      return TenantWebFilter.whileCommitting();
    }
  }
}
