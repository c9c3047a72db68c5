package io.tenantredis.benchmarks;

import io.lettuce.core.api.async.RedisAsyncCommands;
import io.lettuce.core.api.reactive.RedisReactiveCommands;
import io.lettuce.core.api.sync.RedisCommands;

/** The tasks on Lettuce's own interfaces, which the SDK hands out too. */
final class LettuceOperations {

  private LettuceOperations() {}

  static Peer.Sync sync(RedisCommands<String, String> commands, Data data, Task task) {
    return switch (task) {
      case GET -> i -> commands.get(data.key(i));
      case SET -> i -> commands.set(data.key(i), Data.VALUE);
      case MGET_100 -> i -> commands.mget(data.mget(i));
      case HSET_20 -> i -> commands.hset(data.hash(i), Data.HASH);
    };
  }

  static Peer.Async async(RedisAsyncCommands<String, String> commands, Data data, Task task) {
    return switch (task) {
      case GET -> i -> commands.get(data.key(i));
      case SET -> i -> commands.set(data.key(i), Data.VALUE);
      case MGET_100 -> i -> commands.mget(data.mget(i));
      case HSET_20 -> i -> commands.hset(data.hash(i), Data.HASH);
    };
  }

  static Peer.Reactive reactive(
      RedisReactiveCommands<String, String> commands, Data data, Task task) {
    return switch (task) {
      case GET -> i -> commands.get(data.key(i));
      case SET -> i -> commands.set(data.key(i), Data.VALUE);
      case MGET_100 -> i -> commands.mget(data.mget(i));
      case HSET_20 -> i -> commands.hset(data.hash(i), Data.HASH);
    };
  }
}
