package io.tenantredis;

import io.tenantredis.test.server.RedisServer;

/** A leased connection of a user with least privilege. */
class ConfinedDedicatedHandleTest extends DedicatedHandleTest {

  @Override
  RedisServer.Builder users() {
    return Tenants.confined();
  }
}
