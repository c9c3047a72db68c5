package io.tenantredis.examples.service;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Flow;

/** The lines of a stream of events as they come. */
final class EventLines implements Flow.Subscriber<String>, AutoCloseable {

  private final CompletableFuture<Flow.Subscription> subscription = new CompletableFuture<>();
  private final List<String> lines = new CopyOnWriteArrayList<>();
  private volatile CompletableFuture<?> exchange = new CompletableFuture<>();

  void belongsTo(CompletableFuture<?> exchange) {
    this.exchange = exchange;
  }

  boolean subscribed() {
    return lines.contains(":subscribed");
  }

  List<String> events() {
    return lines.stream().filter(line -> line.startsWith("data:")).toList();
  }

  boolean ended() {
    return exchange.isDone();
  }

  @Override
  public void onSubscribe(Flow.Subscription opened) {
    opened.request(Long.MAX_VALUE);
    subscription.complete(opened);
  }

  @Override
  public void onNext(String line) {
    lines.add(line);
  }

  @Override
  public void onError(Throwable failure) {}

  @Override
  public void onComplete() {}

  @Override
  public void close() {
    subscription.thenAccept(Flow.Subscription::cancel);
  }
}
