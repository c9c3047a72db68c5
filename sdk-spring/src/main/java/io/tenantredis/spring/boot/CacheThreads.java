package io.tenantredis.spring.boot;

/** The threads on which it goes on when a cache has answered. Closed before the client. */
final class CacheThreads extends OwnThreads {

  CacheThreads() {
    super("tenant-redis-cache");
  }
}
