package io.tenantredis.spring.data;

import io.tenantredis.TenantId;
import io.tenantredis.context.TenantContext;
import org.springframework.core.task.SimpleAsyncTaskExecutor;
import org.springframework.core.task.TaskExecutor;
import org.springframework.data.redis.listener.RedisMessageListenerContainer;

/**
 * Spring Data's listener container for the channels of one tenant. It needs no current tenant, and
 * its listeners run as the tenant, on threads of the container's own or on those of the {@linkplain
 * #setTaskExecutor executor} it is given, which then has to take the tenant along: {@link
 * io.tenantredis.spring.TenantTaskDecorator} does.
 *
 * <p>A service with listeners for several tenants has a container for each of them.
 */
public class TenantMessageListenerContainer extends RedisMessageListenerContainer {

  private final TenantId tenant;

  /**
   * A container.
   *
   * @param connections the application's factory
   * @param tenant whose channels
   */
  public TenantMessageListenerContainer(TenantRedisConnectionFactory connections, TenantId tenant) {
    this.tenant = tenant;
    setConnectionFactory(connections.forTenant(tenant));
  }

  /**
   * Whose channels these are.
   *
   * @return the tenant
   */
  public final TenantId tenant() {
    return tenant;
  }

  @Override
  protected TaskExecutor createDefaultTaskExecutor() {
    SimpleAsyncTaskExecutor executor = new SimpleAsyncTaskExecutor("tenant-redis-listener-");
    executor.setTaskDecorator(task -> () -> TenantContext.run(tenant, task));
    return executor;
  }
}
