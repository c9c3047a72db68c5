package io.tenantredis.internal.metrics;

import io.github.resilience4j.bulkhead.Bulkhead;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.micrometer.tagged.CircuitBreakerMetricNames;
import io.github.resilience4j.micrometer.tagged.TaggedBulkheadMetricsPublisher;
import io.github.resilience4j.micrometer.tagged.TaggedCircuitBreakerMetricsPublisher;
import io.github.resilience4j.micrometer.tagged.TaggedRateLimiterMetricsPublisher;
import io.github.resilience4j.ratelimiter.RateLimiter;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The gauges of resilience4j-micrometer. Its counts of calls are left out: they cost a timer and
 * four listeners for each command and say less than {@code db.client.operation.duration} does.
 * Thread-safe.
 */
final class ResilienceMeters {

  private static final CircuitBreakerMetricNames NAMES = CircuitBreakerMetricNames.ofDefaults();

  private static final CircuitBreaker.EventPublisher NO_EVENTS =
      (CircuitBreaker.EventPublisher)
          Proxy.newProxyInstance(
              CircuitBreaker.class.getClassLoader(),
              new Class<?>[] {CircuitBreaker.EventPublisher.class},
              (proxy, method, arguments) ->
                  method.getReturnType().isInstance(proxy) ? proxy : null);

  private final MeterRegistry registry;
  private final TaggedCircuitBreakerMetricsPublisher breakers;
  private final TaggedBulkheadMetricsPublisher bulkheads;
  private final TaggedRateLimiterMetricsPublisher limiters;

  ResilienceMeters(MeterRegistry registry) {
    this.registry = registry;
    this.breakers = new TaggedCircuitBreakerMetricsPublisher(registry);
    this.bulkheads = new TaggedBulkheadMetricsPublisher(registry);
    this.limiters = new TaggedRateLimiterMetricsPublisher(registry);
  }

  /** Nothing is published before it is asked to. */
  TenantResilience of(
      CircuitBreaker breaker, @Nullable Bulkhead bulkhead, @Nullable RateLimiter limiter) {
    CircuitBreaker silent = withoutEvents(breaker);
    return new TenantResilience() {
      @Override
      public void publish() {
        breakers.publishMetrics(silent);
        removeCounts(breaker);
        if (bulkhead != null) {
          bulkheads.publishMetrics(bulkhead);
        }
        if (limiter != null) {
          limiters.publishMetrics(limiter);
        }
      }

      @Override
      public void remove() {
        breakers.removeMetrics(silent);
        if (bulkhead != null) {
          bulkheads.removeMetrics(bulkhead);
        }
        if (limiter != null) {
          limiters.removeMetrics(limiter);
        }
      }
    };
  }

  /** Registering what is registered finds it. */
  private void removeCounts(CircuitBreaker breaker) {
    Tags tags = Tags.of("name", breaker.getName());
    for (Map.Entry<String, String> tag : breaker.getTags().entrySet()) {
      tags = tags.and(tag.getKey(), tag.getValue());
    }
    for (String kind : new String[] {"successful", "failed", "ignored"}) {
      registry.remove(
          Timer.builder(NAMES.getCallsMetricName())
              .tags(tags.and("kind", kind))
              .register(registry));
    }
    registry.remove(
        Counter.builder(NAMES.getNotPermittedCallsMetricName())
            .tags(tags.and("kind", "not_permitted"))
            .register(registry));
  }

  /** A listener could never be taken off a breaker again. */
  private static CircuitBreaker withoutEvents(CircuitBreaker breaker) {
    return (CircuitBreaker)
        Proxy.newProxyInstance(
            CircuitBreaker.class.getClassLoader(),
            new Class<?>[] {CircuitBreaker.class},
            (proxy, method, arguments) -> {
              if (method.getName().equals("getEventPublisher")) {
                return NO_EVENTS;
              }
              try {
                return method.invoke(breaker, arguments);
              } catch (InvocationTargetException thrown) {
                throw thrown.getCause();
              }
            });
  }
}
