package io.tenantredis.test.spring;

import io.tenantredis.TenantCredentialsProvider;
import io.tenantredis.spring.boot.TenantRedisBuilderCustomizer;
import io.tenantredis.spring.boot.TenantRedisConnectionDetails;
import io.tenantredis.test.TenantRedisExtension;
import io.tenantredis.test.TestTenants;
import java.nio.file.Path;
import org.springframework.beans.factory.support.BeanDefinitionRegistry;
import org.springframework.beans.factory.support.RootBeanDefinition;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.test.context.ContextCustomizer;
import org.springframework.test.context.MergedContextConfiguration;

/**
 * Adds the tenants of a context and points its client at them. A value, because contexts whose
 * customizers are equal are one.
 */
record TestTenantsContextCustomizer(String binary, String container) implements ContextCustomizer {

  @Override
  public void customizeContext(
      ConfigurableApplicationContext context, MergedContextConfiguration configuration) {
    BeanDefinitionRegistry registry = (BeanDefinitionRegistry) context.getBeanFactory();
    RootBeanDefinition tenants = new RootBeanDefinition(TestTenants.class, this::open);
    tenants.setDestroyMethodName("close");
    registry.registerBeanDefinition("testTenants", tenants);
    registry.registerBeanDefinition(
        "testTenantsConnectionDetails",
        new RootBeanDefinition(
            TenantRedisConnectionDetails.class,
            () -> {
              TestTenants opened = context.getBean(TestTenants.class);
              return opened::url;
            }));
    registry.registerBeanDefinition(
        "testTenantsCredentials",
        new RootBeanDefinition(
            TenantCredentialsProvider.class,
            () -> context.getBean(TestTenants.class).credentialsProvider()));
    registry.registerBeanDefinition(
        "testTenantsCustomizer",
        new RootBeanDefinition(
            TenantRedisBuilderCustomizer.class,
            () -> context.getBean(TestTenants.class)::configure));
  }

  private TestTenants open() {
    TenantRedisExtension.Builder builder = TenantRedisExtension.builder();
    if (!binary.isEmpty()) {
      builder.binary(Path.of(binary));
    }
    if (!container.isEmpty()) {
      builder.container(container);
    }
    return builder.build().open();
  }
}
