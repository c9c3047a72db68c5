package io.tenantredis.spring;

import io.tenantredis.context.TenantContext;
import org.springframework.core.task.TaskDecorator;

/**
 * Takes the current tenant along to the threads of {@code @Async} methods and other tasks of
 * Spring's executors. A task handed over without a tenant runs without one.
 */
public final class TenantTaskDecorator implements TaskDecorator {

  /** A decorator; all are the same. */
  public TenantTaskDecorator() {}

  @Override
  public Runnable decorate(Runnable task) {
    return TenantContext.wrap(task);
  }
}
