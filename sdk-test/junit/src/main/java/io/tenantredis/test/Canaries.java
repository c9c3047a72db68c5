package io.tenantredis.test;

import io.lettuce.core.api.sync.RedisCommands;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Keys that nobody is to see or touch: of a third tenant, whose name begins like that of the first,
 * and of no tenant. Closing them deletes them.
 */
final class Canaries implements AutoCloseable {

  private final RedisCommands<String, String> administrator;
  private final String word;
  private final Map<String, byte[]> dumps = new LinkedHashMap<>();

  private Canaries(RedisCommands<String, String> administrator, String word) {
    this.administrator = administrator;
    this.word = word;
  }

  static Canaries plant(RedisCommands<String, String> administrator, String prefix) {
    String word = "canary" + RandomNames.next();
    Canaries canaries = new Canaries(administrator, word);
    for (String where : List.of(prefix, "")) {
      String name = where + word;
      administrator.set(name + ":string", word);
      administrator.hset(name + ":hash", word, word);
      administrator.rpush(name + ":list", word);
      administrator.sadd(name + ":set", word);
      administrator.zadd(name + ":zset", 1, word);
      for (String type : List.of("string", "hash", "list", "set", "zset")) {
        String key = name + ":" + type;
        canaries.dumps.put(key, administrator.dump(key));
      }
    }
    return canaries;
  }

  /** What stands in the names and values of all of them, and nowhere else. */
  String word() {
    return word;
  }

  boolean isOne(String key) {
    return dumps.containsKey(key);
  }

  /** The names of those that are not as they were. */
  List<String> changed() {
    return dumps.entrySet().stream()
        .filter(entry -> !Arrays.equals(entry.getValue(), administrator.dump(entry.getKey())))
        .map(Map.Entry::getKey)
        .toList();
  }

  @Override
  public void close() {
    administrator.unlink(dumps.keySet().toArray(String[]::new));
  }
}
