package io.tenantredis.test;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Names the tenant of a {@link io.tenantredis.TenantClient} parameter. Without it the parameter is
 * a tenant with a random id, the same one for the whole test.
 */
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.PARAMETER)
public @interface Tenant {

  /** The tenant's id, as {@link io.tenantredis.TenantId#of} takes it. */
  String value();
}
