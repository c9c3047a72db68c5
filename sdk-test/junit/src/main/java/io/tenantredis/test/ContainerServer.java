package io.tenantredis.test;

import io.lettuce.core.RedisURI;
import java.util.List;
import java.util.Objects;

/** A server in a container. Loaded only by those who chose one, and have Testcontainers. */
final class ContainerServer implements Servers {

  private final TenantRedisContainer container;

  private ContainerServer(TenantRedisContainer container) {
    this.container = container;
  }

  static ContainerServer start(ServerChoice choice) {
    TenantRedisContainer container =
        new TenantRedisContainer(Objects.requireNonNull(choice.image(), "image"));
    boolean started = false;
    try {
      container.start();
      started = true;
      return new ContainerServer(container);
    } finally {
      if (!started) {
        container.close();
      }
    }
  }

  @Override
  public List<RedisURI> nodes() {
    return List.of(RedisURI.create(container.administratorUrl()));
  }

  @Override
  public List<RedisURI> masters() {
    return nodes();
  }

  @Override
  public String clientUrl() {
    return container.url();
  }

  @Override
  public void close() {
    container.close();
  }
}
