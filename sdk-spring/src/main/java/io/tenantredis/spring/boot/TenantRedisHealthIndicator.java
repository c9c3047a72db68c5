package io.tenantredis.spring.boot;

import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.tenantredis.TenantId;
import io.tenantredis.TenantRedis;
import io.tenantredis.TenantRedisFailure;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.health.contributor.AbstractHealthIndicator;
import org.springframework.boot.health.contributor.Health;

/**
 * Up while the server answers a tenant that is in use, be it that it does not let the tenant in:
 * one tenant's trouble is not the server's. Down when it cannot be reached, does not reply or says
 * that it serves nobody, and when nobody is answered and a circuit breaker turns a tenant away,
 * which failures of this kind alone open. What a tenant's limits turn away before it is sent says
 * nothing of the server: others are asked, and when limits are all that turned them away the health
 * is unknown. Without a tenant in use nothing is asked, and the health is up.
 *
 * <p>The tenant that was answered last is asked first, so that asking keeps no more than one tenant
 * in use; the others in turn. Its details, which Boot shows only to those that {@code
 * management.endpoint.health.show-details} says, name a few tenants whose circuit breaker is open.
 */
final class TenantRedisHealthIndicator extends AbstractHealthIndicator {

  private static final int ASKED_AT_MOST = 10;

  /** Each of these may take as long as a command may. */
  private static final int SICK_AT_MOST = 3;

  private static final int NAMED_AT_MOST = 10;

  /** No tenant's id has a space. */
  private static final String ENDPOINT = "endpoint ";

  private final TenantRedis redis;
  private final AtomicReference<@Nullable TenantId> lastAnswered = new AtomicReference<>();
  private final AtomicInteger turn = new AtomicInteger();

  TenantRedisHealthIndicator(TenantRedis redis) {
    super("Tenant Redis health check failed");
    this.redis = redis;
  }

  @Override
  protected void doHealthCheck(Health.Builder health) {
    Set<TenantId> inUse = redis.tenantsInUse();
    health.withDetail("tenantsInUse", inUse.size());
    Map<String, String> endpoints = new TreeMap<>();
    List<String> unavailable = new ArrayList<>();
    for (CircuitBreaker breaker : redis.resilience().circuitBreakers().getAllCircuitBreakers()) {
      if (breaker.getName().startsWith(ENDPOINT)) {
        endpoints.put(breaker.getName().substring(ENDPOINT.length()), breaker.getState().name());
      } else if (breaker.getState() == CircuitBreaker.State.OPEN
          && unavailable.size() < NAMED_AT_MOST) {
        unavailable.add(breaker.getName());
      }
    }
    health.withDetail("endpointCircuitBreakers", endpoints);
    health.withDetail("tenantsWithOpenCircuitBreaker", unavailable);
    ask(health, inUse);
  }

  private void ask(Health.Builder health, Set<TenantId> inUse) {
    RuntimeException sick = null;
    RuntimeException turnedAway = null;
    int ailing = 0;
    List<TenantId> asked = asked(inUse);
    for (TenantId tenant : asked) {
      RuntimeException failure = ping(tenant);
      Word word = failure == null ? Word.ANSWER : wordOf(failure);
      if (word == Word.ANSWER) {
        health.up();
        return;
      } else if (word == Word.SICK) {
        sick = failure;
        ailing++;
      } else if (word == Word.OPEN_BREAKER) {
        turnedAway = failure;
      }
      if (ailing == SICK_AT_MOST) {
        break;
      }
    }
    if (asked.isEmpty()) {
      health.up();
    } else if (sick != null) {
      down(health, sick);
    } else if (turnedAway != null) {
      down(health, turnedAway);
    } else {
      health.unknown();
    }
  }

  private @Nullable RuntimeException ping(TenantId tenant) {
    try {
      redis.tenant(tenant).sync().ping();
      lastAnswered.set(tenant);
      return null;
    } catch (RuntimeException failure) {
      return failure;
    }
  }

  private static void down(Health.Builder health, RuntimeException failure) {
    if (failure instanceof TenantRedisFailure typed) {
      health.down().withDetail("error", typed.code() + " " + typed.code().label());
    } else {
      health.down(failure);
    }
  }

  /** Those after the ones of the last time, behind the one that was answered then. */
  private List<TenantId> asked(Set<TenantId> inUse) {
    List<TenantId> all = List.copyOf(inUse);
    Set<TenantId> asked = new LinkedHashSet<>();
    TenantId last = lastAnswered.get();
    if (last != null && inUse.contains(last)) {
      asked.add(last);
    }
    while (asked.size() < Math.min(all.size(), ASKED_AT_MOST)) {
      asked.add(all.get(Math.floorMod(turn.getAndIncrement(), all.size())));
    }
    return List.copyOf(asked);
  }

  private static Word wordOf(RuntimeException failure) {
    if (!(failure instanceof TenantRedisFailure typed)) {
      return Word.SICK;
    }
    return switch (typed.code()) {
      case SEC004, SEC005, TR002, TR003, TR004, TR005 -> Word.SICK;
      case SEC001, SEC002, SEC003, SEC006, SEC007, SEC009, TR001, TR013, TR014, TR015 ->
          Word.ANSWER;
      case TR007 -> Word.OPEN_BREAKER;
      case SEC008, SEC010, TR006, TR008, TR009, TR010, TR011, TR012, TR016 -> Word.NOTHING;
    };
  }

  /** What became of a question says of the server. */
  private enum Word {
    ANSWER,
    SICK,
    OPEN_BREAKER,
    NOTHING
  }
}
