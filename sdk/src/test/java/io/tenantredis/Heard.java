package io.tenantredis;

import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;

/** What a listener heard, in order. */
final class Heard implements SubscriptionListener<TenantMessage<String, String>> {

  final List<String> calls = new CopyOnWriteArrayList<>();
  final Queue<String> threads = new ConcurrentLinkedQueue<>();
  final List<RuntimeException> failures = new CopyOnWriteArrayList<>();
  final List<MessageGap> gaps = new CopyOnWriteArrayList<>();

  @Override
  public void onMessage(TenantMessage<String, String> message) {
    threads.add(Thread.currentThread().getName());
    calls.add(
        (message.pattern() == null ? "" : message.pattern() + " ")
            + message.channel()
            + "="
            + message.payload());
  }

  @Override
  public void onGap(MessageGap gap) {
    gaps.add(gap);
    calls.add("gap " + gap.cause());
  }

  @Override
  public void onInterrupted(RuntimeException failure) {
    failures.add(failure);
    calls.add("interrupted " + code(failure));
  }

  @Override
  public void onClosed(@Nullable RuntimeException failure) {
    calls.add("closed " + code(failure));
  }

  private static @Nullable Object code(@Nullable RuntimeException failure) {
    return failure instanceof TenantRedisFailure typed ? typed.code() : failure;
  }

  void await(String... expected) {
    Awaitility.await()
        .untilAsserted(
            () -> org.assertj.core.api.Assertions.assertThat(calls).containsExactly(expected));
  }

  void awaitLast(String expected) {
    Awaitility.await()
        .until(() -> !calls.isEmpty() && calls.get(calls.size() - 1).equals(expected));
  }

  void awaitCall(String expected) {
    Awaitility.await().until(() -> calls.contains(expected));
  }
}
