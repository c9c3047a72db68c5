package io.tenantredis.test;

import io.lettuce.core.RedisURI;
import io.tenantredis.admin.TenantRedisAdmin;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** Who makes users, and the thread on which it does: a credentials provider must not block. */
final class Provisioning implements AutoCloseable {

  private final TenantRedisAdmin admin;
  private final ExecutorService thread =
      Executors.newSingleThreadExecutor(
          task -> {
            Thread made = new Thread(task, "tenant-redis-test-provisioning");
            made.setDaemon(true);
            return made;
          });

  Provisioning(RedisURI administrator, boolean discoverNodes) {
    this.admin = TenantRedisAdmin.builder(administrator).discoverNodes(discoverNodes).connect();
  }

  TenantRedisAdmin admin() {
    return admin;
  }

  ExecutorService thread() {
    return thread;
  }

  @Override
  public void close() {
    thread.shutdownNow();
    admin.close();
  }
}
