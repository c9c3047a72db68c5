package io.tenantredis.admin;

import io.lettuce.core.RedisFuture;
import io.lettuce.core.api.async.RedisAsyncCommands;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** A command that asks about one key. */
@FunctionalInterface
interface KeyQuestion<T> {

  RedisFuture<T> ask(RedisAsyncCommands<byte[], byte[]> commands, byte[] key);

  /** One question for each key, all under way at once, the replies in order. */
  static <T> List<@Nullable T> each(
      String name,
      List<byte[]> keys,
      Function<byte[], AdminNode> routing,
      KeyQuestion<T> question) {
    record Reply<R>(AdminNode node, RedisFuture<R> future) {}

    List<Reply<T>> underWay = new ArrayList<>();
    for (byte[] key : keys) {
      AdminNode node = routing.apply(key);
      underWay.add(new Reply<>(node, question.ask(node.binary(), key)));
    }
    List<@Nullable T> replies = new ArrayList<>();
    for (Reply<T> reply : underWay) {
      replies.add(reply.node.await(name, reply.future));
    }
    return replies;
  }
}
