package io.tenantredis.benchmarks;

import io.lettuce.core.KeyScanCursor;
import io.lettuce.core.RedisClient;
import io.lettuce.core.ScanArgs;
import io.lettuce.core.ScanCursor;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.sync.RedisCommands;
import io.tenantredis.TenantKeys;
import io.tenantredis.TenantRedis;
import java.util.List;
import java.util.Locale;
import java.util.function.ToLongFunction;

/**
 * Walks through one tenant's keys among those of others, with the SDK and with plain Lettuce by
 * hand, in batches of the same size.
 *
 * @param deleting whether to delete them, which each time makes them anew before
 */
record KeySpaceScenario(int own, int all, boolean deleting) implements Scenario {

  private static final int BATCH = 1_000;

  @Override
  public List<Measure> measures() {
    String size = String.format(Locale.ROOT, "%,d own keys among %,d", own, all);
    return List.of(
        deleting
            ? new Measure(Group.BATCHES, "delete-all", "deleting " + size, Unit.KEYS)
            : new Measure(Group.BATCHES, "scan", "SCAN of " + size, Unit.KEYS));
  }

  /** A turn takes as long as a walk. */
  @Override
  public int mostRounds() {
    return 15;
  }

  @Override
  public Contest open() {
    BenchmarkServer server = BenchmarkServer.startWithTenants(0);
    populate(server, "tenant:" + BenchmarkServer.NEIGHBOUR + ":item", all - own);
    populate(server, BenchmarkServer.PREFIX + "item", own);
    TenantRedis redis = TenantRedisPeer.client(server).build();
    RedisClient lettuce = server.lettuceClient(BenchmarkServer.TENANT);
    StatefulRedisConnection<String, String> connection = lettuce.connect();
    TenantKeys<String> keys = redis.tenant(BenchmarkServer.TENANT).keys();
    return new Contest(
        List.of(
            contestant(
                TenantRedisPeer.NAME,
                server,
                keys,
                tenant -> deleting ? tenant.deleteAll() : tenant.scan("*").count()),
            contestant(
                LettucePeer.NAME,
                server,
                connection.sync(),
                deleting ? KeySpaceScenario::deleteByHand : KeySpaceScenario::scanByHand)),
        () -> {
          redis.close();
          lettuce.shutdown();
          server.close();
        });
  }

  private <C> Contestant contestant(
      String name, BenchmarkServer server, C client, ToLongFunction<C> walk) {
    return new Contestant(
        name,
        ignored -> {
          if (deleting) {
            populate(server, BenchmarkServer.PREFIX + "item", own);
          }
          long start = System.nanoTime();
          long walked = walk.applyAsLong(client);
          long nanos = System.nanoTime() - start;
          if (walked < own) {
            throw new IllegalStateException(name + " found " + walked + " keys of " + own);
          }
          return new double[] {own * 1e9 / nanos};
        });
  }

  private static void populate(BenchmarkServer server, String name, int keys) {
    server.administer("DEBUG", "POPULATE", String.valueOf(keys), name, "8");
  }

  private static long scanByHand(RedisCommands<String, String> commands) {
    long found = 0;
    for (KeyScanCursor<String> at = first(commands); ; at = commands.scan(at, ownKeys())) {
      found += at.getKeys().size();
      if (at.isFinished()) {
        return found;
      }
    }
  }

  private static long deleteByHand(RedisCommands<String, String> commands) {
    long deleted = 0;
    for (KeyScanCursor<String> at = first(commands); ; at = commands.scan(at, ownKeys())) {
      if (!at.getKeys().isEmpty()) {
        deleted += commands.unlink(at.getKeys().toArray(new String[0]));
      }
      if (at.isFinished()) {
        return deleted;
      }
    }
  }

  private static KeyScanCursor<String> first(RedisCommands<String, String> commands) {
    return commands.scan(ScanCursor.INITIAL, ownKeys());
  }

  private static ScanArgs ownKeys() {
    return ScanArgs.Builder.matches(BenchmarkServer.PREFIX + "*").limit(BATCH);
  }
}
