package io.tenantredis.spring;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * A method of a bean, or all of a type, that runs as a tenant.
 *
 * <p>With an expression the tenant it names is current while the method runs, and for a method that
 * returns a {@code Mono} or {@code Flux} while that is subscribed to. Without one the method needs
 * a tenant that is current already and otherwise fails with {@link
 * io.tenantredis.context.NoCurrentTenantException} before it runs.
 *
 * <p>Like all Spring advice it works on calls from outside of the bean.
 */
@Documented
@Inherited
@Retention(RetentionPolicy.RUNTIME)
@Target({ElementType.METHOD, ElementType.TYPE})
public @interface TenantScoped {

  /**
   * A Spring expression for the tenant's id over the method's parameters, for example {@code
   * #order.tenant}; it gives a {@link io.tenantredis.TenantId} or its text. Parameters go by their
   * names where the class was compiled with {@code -parameters}, and by {@code #p0}, {@code #p1}.
   *
   * @return the expression, or an empty text for the current tenant
   */
  String value() default "";
}
