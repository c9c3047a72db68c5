package io.tenantredis.test.spring;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Points the application of a Spring Boot test at the embedded server, as tenants of its own.
 *
 * <p>The application's {@code TenantRedis} then has the URL, prefix, identity and credentials of
 * these tenants, whatever its properties say; whatever tenant it asks for exists. A bean {@link
 * io.tenantredis.test.TestTenants} looks at them as an administrator: assertions, faults, reports,
 * and {@code TenantIsolation.verify}.
 *
 * <p>The tenants belong to the context: tests that share a context share its tenants, and find what
 * an earlier test left. A test that must not takes a tenant of another id. Their keys and users are
 * deleted when the context is closed, or end with the server when the JVM does.
 */
@Documented
@Inherited
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.TYPE)
public @interface AutoConfigureTestTenants {

  /**
   * The path of another {@code redis-server} or {@code valkey-server}. Default: the embedded one,
   * or what the system property {@code tenantredis.server.binary} names.
   */
  String binary() default "";

  /** The image of a container to use instead, such as {@code valkey/valkey:8.1}. Default: none. */
  String container() default "";
}
