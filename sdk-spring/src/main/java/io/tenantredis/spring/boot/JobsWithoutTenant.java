package io.tenantredis.spring.boot;

import io.tenantredis.context.TenantContext;
import io.tenantredis.context.TenantThreadLocalAccessor;
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

  private static final TenantThreadLocalAccessor CURRENT = new TenantThreadLocalAccessor();

  private JobsWithoutTenant() {}

  /**
   * The application's decorators but for the one that takes tenants along. Others may do that, too,
   * Boot's for all contexts for one: so the job is confined inside of all of them.
   */
  static TaskDecorator among(ObjectProvider<TaskDecorator> all) {
    List<TaskDecorator> innermostFirst = new ArrayList<>();
    innermostFirst.add(JobsWithoutTenant::confined);
    innermostFirst.addAll(applications(all));
    return new CompositeTaskDecorator(innermostFirst);
  }

  /** For an application whose decorators give jobs their tenant: they have the last word. */
  static TaskDecorator leftTo(ObjectProvider<TaskDecorator> all) {
    return new CompositeTaskDecorator(applications(all));
  }

  private static List<TaskDecorator> applications(ObjectProvider<TaskDecorator> all) {
    return all.orderedStream()
        .filter(decorator -> !(decorator instanceof TenantTaskDecorator))
        .toList();
  }

  /** Begins without a tenant; afterwards the thread has what it had before. */
  static Runnable confined(Runnable job) {
    Runnable withoutTenant =
        () -> {
          CURRENT.setValue();
          job.run();
        };
    return () -> TenantContext.wrap(withoutTenant).run();
  }
}
