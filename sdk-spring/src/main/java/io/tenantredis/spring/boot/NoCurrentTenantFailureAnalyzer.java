package io.tenantredis.spring.boot;

import io.tenantredis.context.NoCurrentTenantException;
import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/** Says what runs for which tenant when an application starts, which nobody's request does. */
final class NoCurrentTenantFailureAnalyzer
    extends AbstractFailureAnalyzer<NoCurrentTenantException> {

  @Override
  protected FailureAnalysis analyze(Throwable rootFailure, NoCurrentTenantException cause) {
    return new FailureAnalysis(
        "Something needed a tenant while the application started, and no tenant is current then. "
            + cause.getMessage(),
        "A listener container listens for one tenant: declare a bean of type TenantMessageListenerContainer for each and name it"
            + " in @RedisListener(container = ...). Containers of other types, stream containers and receivers take a"
            + " connection factory from TenantRedisConnectionFactory.forTenant(tenant). What a runner or an initializer does"
            + " for tenants stands in TenantContext.run(tenant, ...) or TenantContext.forEachTenant(...).",
        cause);
  }
}
