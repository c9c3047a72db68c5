package io.tenantredis.examples.service;

import io.tenantredis.MessageGap;
import io.tenantredis.SubscriptionListener;
import io.tenantredis.TenantMessage;
import io.tenantredis.TenantRedisFailure;
import java.io.IOException;
import org.jspecify.annotations.Nullable;
import org.springframework.web.servlet.mvc.method.annotation.SseEmitter;

/** One client's stream of events. Thread-safe. */
final class EventStream implements SubscriptionListener<TenantMessage<String, String>> {

  private static final long NO_TIMEOUT = 0;

  private final SseEmitter emitter = new SseEmitter(NO_TIMEOUT);

  SseEmitter opened(Runnable whenClosed) {
    emitter.onCompletion(whenClosed);
    send(SseEmitter.event().comment("subscribed"));
    return emitter;
  }

  @Override
  public void onMessage(TenantMessage<String, String> message) {
    send(SseEmitter.event().data(message.payload()));
  }

  /** The client should look at the cart again: it cannot know what it missed. */
  @Override
  public void onGap(MessageGap gap) {
    send(SseEmitter.event().name("gap").data(""));
  }

  /**
   * A tenant that the server no longer lets in: the browser comes again by itself, and is told so.
   * A connection that was lost comes back, and a gap says so.
   */
  @Override
  public void onInterrupted(RuntimeException failure) {
    if (failure instanceof TenantRedisFailure typed && typed.code().name().startsWith("SEC")) {
      close();
    }
  }

  @Override
  public void onClosed(@Nullable RuntimeException failure) {
    close();
  }

  void close() {
    emitter.complete();
  }

  void heartbeat() {
    send(SseEmitter.event().comment(""));
  }

  private void send(SseEmitter.SseEventBuilder event) {
    try {
      emitter.send(event);
    } catch (IOException | IllegalStateException gone) {
      // The container tells the emitter, which then completes.
    }
  }
}
