package io.tenantredis.spring.boot;

/**
 * The threads that call the listeners of subscriptions, in the place of the client's default.
 * Closed after the client, and so after the last calls of all subscriptions.
 */
final class ListenerThreads extends OwnThreads {

  ListenerThreads() {
    super("tenant-redis-message");
  }
}
