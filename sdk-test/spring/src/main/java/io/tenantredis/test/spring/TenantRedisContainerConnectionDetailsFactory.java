package io.tenantredis.test.spring;

import io.tenantredis.spring.boot.TenantRedisConnectionDetails;
import io.tenantredis.test.TenantRedisContainer;
import org.springframework.boot.testcontainers.service.connection.ContainerConnectionDetailsFactory;
import org.springframework.boot.testcontainers.service.connection.ContainerConnectionSource;

/**
 * What {@code ServiceConnection} on a container means: the application's URL is the container's.
 */
final class TenantRedisContainerConnectionDetailsFactory
    extends ContainerConnectionDetailsFactory<TenantRedisContainer, TenantRedisConnectionDetails> {

  @Override
  protected TenantRedisConnectionDetails getContainerConnectionDetails(
      ContainerConnectionSource<TenantRedisContainer> source) {
    return new Details(source);
  }

  private static final class Details extends ContainerConnectionDetails<TenantRedisContainer>
      implements TenantRedisConnectionDetails {

    Details(ContainerConnectionSource<TenantRedisContainer> source) {
      super(source);
    }

    @Override
    public String url() {
      return getContainer().url();
    }
  }
}
