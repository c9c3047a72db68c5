package io.tenantredis.spring;

import org.springframework.aop.Pointcut;
import org.springframework.aop.framework.autoproxy.AbstractBeanFactoryAwareAdvisingPostProcessor;
import org.springframework.aop.support.ComposablePointcut;
import org.springframework.aop.support.DefaultPointcutAdvisor;
import org.springframework.aop.support.annotation.AnnotationMatchingPointcut;
import org.springframework.core.Ordered;

/**
 * Puts the advice of {@link TenantScoped} around beans that carry it, outside of all other advice:
 * transactions and caches must see the tenant.
 */
public final class TenantScopedPostProcessor extends AbstractBeanFactoryAwareAdvisingPostProcessor {

  private static final long serialVersionUID = 1L;

  /** A post-processor. */
  public TenantScopedPostProcessor() {
    setBeforeExistingAdvisors(true);
    setOrder(Ordered.LOWEST_PRECEDENCE);
    setProxyTargetClass(true);
    this.advisor =
        new DefaultPointcutAdvisor(
            new ComposablePointcut(new AnnotationMatchingPointcut(TenantScoped.class, true))
                .union((Pointcut) new AnnotationMatchingPointcut(null, TenantScoped.class, true)),
            new TenantScopedInterceptor());
  }
}
