package io.tenantredis.spring.boot;

import io.tenantredis.TenantRedis;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.Executor;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.context.ApplicationListener;
import org.springframework.context.event.ContextClosedEvent;

/**
 * Has executors and schedulers end before the clients close that their last tasks use. What nobody
 * depends on Spring destroys in the reverse order in which it was made, and Boot makes its executor
 * when it is first asked for, which may be before the client.
 */
final class ExecutorsBeforeClients implements ApplicationListener<ContextClosedEvent> {

  private final ConfigurableListableBeanFactory beans;

  ExecutorsBeforeClients(ConfigurableListableBeanFactory beans) {
    this.beans = beans;
  }

  @Override
  public void onApplicationEvent(ContextClosedEvent closing) {
    for (String client : beans.getBeanNamesForType(TenantRedis.class, false, false)) {
      Set<String> needed = new HashSet<>();
      addNeededBy(client, needed);
      for (String executor : beans.getBeanNamesForType(Executor.class, false, false)) {
        // One that runs the client's own work, of its credentials provider for example, outlives
        // it.
        if (!needed.contains(executor)) {
          beans.registerDependentBean(client, executor);
        }
      }
    }
  }

  private void addNeededBy(String bean, Set<String> needed) {
    for (String dependency : beans.getDependenciesForBean(bean)) {
      if (needed.add(dependency)) {
        addNeededBy(dependency, needed);
      }
    }
  }

  @Override
  public boolean supportsAsyncExecution() {
    return false;
  }
}
