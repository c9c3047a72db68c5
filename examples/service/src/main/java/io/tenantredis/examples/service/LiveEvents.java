package io.tenantredis.examples.service;

import io.tenantredis.TenantRedis;
import io.tenantredis.TenantSubscription;
import io.tenantredis.context.TenantContext;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.springframework.context.event.ContextClosedEvent;
import org.springframework.context.event.EventListener;
import org.springframework.http.MediaType;
import org.springframework.scheduling.annotation.Scheduled;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.servlet.mvc.method.annotation.SseEmitter;

/** What happens in the tenant's shop, as server-sent events. */
@RestController
class LiveEvents {

  static final String CHANNEL = "events";

  private final TenantRedis redis;
  private final Set<EventStream> open = ConcurrentHashMap.newKeySet();

  LiveEvents(TenantRedis redis) {
    this.redis = redis;
  }

  @GetMapping(path = "/events", produces = MediaType.TEXT_EVENT_STREAM_VALUE)
  SseEmitter events() {
    EventStream stream = new EventStream();
    TenantSubscription subscription =
        redis.tenant(TenantContext.require()).pubSub().subscribe(CHANNEL, stream);
    open.add(stream);
    return stream.opened(
        () -> {
          open.remove(stream);
          subscription.close();
        });
  }

  /** A client that went away is noticed when something is written to it. */
  @Scheduled(fixedRateString = "${shop.heartbeat}")
  void heartbeat() {
    open.forEach(EventStream::heartbeat);
  }

  /** Streams never end by themselves, and a graceful shutdown waits for requests to end. */
  @EventListener(ContextClosedEvent.class)
  void shutDown() {
    open.forEach(EventStream::close);
  }
}
