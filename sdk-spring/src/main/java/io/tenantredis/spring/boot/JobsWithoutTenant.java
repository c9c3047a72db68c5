package io.tenantredis.spring.boot;

import io.tenantredis.context.TenantContext;
import io.tenantredis.spring.TenantTaskDecorator;
import java.util.ArrayList;
import java.util.List;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.core.task.TaskDecorator;
import org.springframework.core.task.support.CompositeTaskDecorator;

/**
 * Lets a scheduler's jobs begin without a tenant, and leaves none behind on its threads. Boot gives
 * its scheduler the decorators of all tasks, which decorate a job when it is scheduled: {@link
 * TenantTaskDecorator} would have it run for ever as the tenant whose request made its bean.
 */
final class JobsWithoutTenant {

  private JobsWithoutTenant() {}

  /** The application's decorators but for the one that takes tenants along. */
  static TaskDecorator among(ObjectProvider<TaskDecorator> all) {
    List<TaskDecorator> decorators = new ArrayList<>();
    all.orderedStream()
        .filter(decorator -> !(decorator instanceof TenantTaskDecorator))
        .forEach(decorators::add);
    decorators.add(JobsWithoutTenant::confined);
    return new CompositeTaskDecorator(decorators);
  }

  /**
   * Wrapped on the scheduler's thread, which has no tenant: a scope left open ends with the job.
   */
  private static Runnable confined(Runnable job) {
    return () -> TenantContext.wrap(job).run();
  }
}
