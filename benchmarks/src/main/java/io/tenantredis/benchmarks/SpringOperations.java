package io.tenantredis.benchmarks;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.data.redis.core.RedisOperations;
import org.springframework.data.redis.core.SessionCallback;
import org.springframework.data.redis.core.StringRedisTemplate;

/** The tasks on Spring Data Redis' template, which the SDK's starter hands out too. */
final class SpringOperations {

  private SpringOperations() {}

  static Peer.Sync sync(StringRedisTemplate template, Data data, Task task) {
    return switch (task) {
      case GET -> i -> template.opsForValue().get(data.key(i));
      case SET ->
          i -> {
            template.opsForValue().set(data.key(i), Data.VALUE);
            return null;
          };
      case MGET_100 -> i -> template.opsForValue().multiGet(Arrays.asList(data.mget(i)));
      case HSET_20 ->
          i -> {
            template.opsForHash().putAll(data.hash(i), Data.HASH);
            return null;
          };
      case PIPELINE_100 -> i -> template.executePipelined(new Reading(data, i));
      case MULTI_10 -> i -> template.execute(new Writing(data, i));
    };
  }

  /** The reads of one pipeline. */
  private record Reading(Data data, int from) implements SessionCallback<Object> {

    /** Spring refuses a pipeline whose callback returns anything. */
    @Override
    @SuppressWarnings("NullAway")
    public <K, V> @Nullable Object execute(RedisOperations<K, V> operations) {
      RedisOperations<String, String> strings = strings(operations);
      for (int at = 0; at < Data.PIPELINE; at++) {
        strings.opsForValue().get(data.key(from + at));
      }
      return null;
    }
  }

  /** The writes of one transaction. */
  private record Writing(Data data, int from) implements SessionCallback<List<Object>> {

    @Override
    public <K, V> List<Object> execute(RedisOperations<K, V> operations) {
      RedisOperations<String, String> strings = strings(operations);
      strings.multi();
      for (int at = 0; at < Data.TRANSACTION; at++) {
        strings.opsForValue().set(data.key(from + at), Data.VALUE);
      }
      return new ArrayList<>(strings.exec());
    }
  }

  /** Spring's callbacks are generic in a way that only a cast can use. */
  @SuppressWarnings("unchecked")
  private static <K, V> RedisOperations<String, String> strings(RedisOperations<K, V> operations) {
    return (RedisOperations<String, String>) operations;
  }
}
