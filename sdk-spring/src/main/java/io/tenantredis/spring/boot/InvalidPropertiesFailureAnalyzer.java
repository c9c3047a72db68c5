package io.tenantredis.spring.boot;

import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/** Says at start what to change, in place of a stack trace. */
final class InvalidPropertiesFailureAnalyzer
    extends AbstractFailureAnalyzer<InvalidPropertiesException> {

  @Override
  protected FailureAnalysis analyze(Throwable rootFailure, InvalidPropertiesException cause) {
    StringBuilder description = new StringBuilder("Tenant Redis is not configured correctly:");
    for (String problem : cause.problems()) {
      description.append(System.lineSeparator()).append("  - ").append(problem);
    }
    return new FailureAnalysis(
        description.toString(),
        "Correct the properties tenant-redis.*. 'identity' is tenant-redis.identity; 'credentials' are"
            + " tenant-redis.credentials.users.<tenant>.password, tenant-redis.credentials.file or a bean of type"
            + " TenantCredentialsProvider; 'withoutAclUsers' is tenant-redis.without-acl-users=true, for development alone;"
            + " other names are those of the properties in camel case. tenant-redis.enabled=false switches all of it off.",
        cause);
  }
}
