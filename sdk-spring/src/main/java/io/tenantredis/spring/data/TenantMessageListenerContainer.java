package io.tenantredis.spring.data;

import io.tenantredis.TenantId;
import io.tenantredis.context.TenantContext;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
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
 *
 * <p>Starting waits up to 10 seconds for the subscriptions, unless {@link
 * #setMaxSubscriptionRegistrationWaitingTime} says otherwise; Spring Data's own container waits 2.
 *
 * <p>{@link #destroy()} waits for listeners that are under way on threads of the container's own,
 * at most 5 seconds, and interrupts those that take longer: in a Spring context the client still
 * works for them.
 */
public class TenantMessageListenerContainer extends RedisMessageListenerContainer {

  /** As long as the SDK takes by default for a connection and a reply. */
  private static final Duration LONGEST_REGISTRATION = Duration.ofSeconds(10);

  private static final Duration LONGEST_WAIT = Duration.ofSeconds(5);

  private final TenantId tenant;
  private @Nullable SimpleAsyncTaskExecutor own;

  /**
   * A container.
   *
   * @param connections the application's factory
   * @param tenant whose channels
   */
  public TenantMessageListenerContainer(TenantRedisConnectionFactory connections, TenantId tenant) {
    this.tenant = tenant;
    setConnectionFactory(connections.forTenant(tenant));
    setMaxSubscriptionRegistrationWaitingTime(LONGEST_REGISTRATION.toMillis());
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
    executor.setTaskTerminationTimeout(LONGEST_WAIT.toMillis());
    own = executor;
    return executor;
  }

  @Override
  public void destroy() throws Exception {
    super.destroy();
    if (own != null) {
      own.close();
    }
  }
}
