package io.tenantredis.benchmarks;

import io.lettuce.core.LettuceFutures;
import io.lettuce.core.RedisFuture;
import io.lettuce.core.TransactionResult;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.async.RedisAsyncCommands;
import io.lettuce.core.api.reactive.RedisReactiveCommands;
import io.lettuce.core.api.sync.RedisCommands;
import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;
import io.lettuce.core.cluster.api.sync.RedisClusterCommands;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** The tasks on Lettuce's own interfaces, which the SDK hands out too. */
final class LettuceOperations {

  private LettuceOperations() {}

  /** Or null for what needs a connection that nobody else uses meanwhile. */
  static Peer.@Nullable Sync sync(
      RedisClusterCommands<String, String> commands, Data data, Task task) {
    return switch (task) {
      case GET -> i -> commands.get(data.key(i));
      case SET -> i -> commands.set(data.key(i), Data.VALUE);
      case MGET_100 -> i -> commands.mget(data.mget(i));
      case HSET_20 -> i -> commands.hset(data.hash(i), Data.HASH);
      case PIPELINE_100, MULTI_10 -> null;
    };
  }

  static Peer.@Nullable Async async(
      RedisClusterAsyncCommands<String, String> commands, Data data, Task task) {
    return switch (task) {
      case GET -> i -> commands.get(data.key(i));
      case SET -> i -> commands.set(data.key(i), Data.VALUE);
      case MGET_100 -> i -> commands.mget(data.mget(i));
      case HSET_20 -> i -> commands.hset(data.hash(i), Data.HASH);
      case PIPELINE_100, MULTI_10 -> null;
    };
  }

  static Peer.@Nullable Reactive reactive(
      RedisReactiveCommands<String, String> commands, Data data, Task task) {
    return switch (task) {
      case GET -> i -> commands.get(data.key(i));
      case SET -> i -> commands.set(data.key(i), Data.VALUE);
      case MGET_100 -> i -> commands.mget(data.mget(i));
      case HSET_20 -> i -> commands.hset(data.hash(i), Data.HASH);
      case PIPELINE_100, MULTI_10 -> null;
    };
  }

  /** Any task on a connection that nobody else uses meanwhile. */
  static @Nullable Object alone(
      StatefulRedisConnection<String, String> connection, Data data, Task task, int i) {
    RedisCommands<String, String> commands = connection.sync();
    return switch (task) {
      case GET -> commands.get(data.key(i));
      case SET -> commands.set(data.key(i), Data.VALUE);
      case MGET_100 -> commands.mget(data.mget(i));
      case HSET_20 -> commands.hset(data.hash(i), Data.HASH);
      case PIPELINE_100 -> pipeline(connection, data, i);
      case MULTI_10 -> transaction(commands, data, i);
    };
  }

  private static Object pipeline(
      StatefulRedisConnection<String, String> connection, Data data, int i) {
    RedisAsyncCommands<String, String> commands = connection.async();
    RedisFuture<?>[] replies = new RedisFuture<?>[Data.PIPELINE];
    connection.setAutoFlushCommands(false);
    try {
      for (int at = 0; at < replies.length; at++) {
        replies[at] = commands.get(data.key(i + at));
      }
      connection.flushCommands();
    } finally {
      connection.setAutoFlushCommands(true);
    }
    if (!LettuceFutures.awaitAll(1, TimeUnit.MINUTES, replies)) {
      throw new IllegalStateException("a pipeline did not end");
    }
    return replies;
  }

  private static Object transaction(RedisCommands<String, String> commands, Data data, int i) {
    commands.multi();
    for (int at = 0; at < Data.TRANSACTION; at++) {
      commands.set(data.key(i + at), Data.VALUE);
    }
    TransactionResult result = commands.exec();
    if (result.size() != Data.TRANSACTION) {
      throw new IllegalStateException("a transaction answered " + result.size() + " commands");
    }
    return result;
  }
}
