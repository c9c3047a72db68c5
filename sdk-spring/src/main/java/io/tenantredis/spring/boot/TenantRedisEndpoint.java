package io.tenantredis.spring.boot;

import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.tenantredis.TenantId;
import io.tenantredis.TenantRedis;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.actuate.endpoint.annotation.DeleteOperation;
import org.springframework.boot.actuate.endpoint.annotation.Endpoint;
import org.springframework.boot.actuate.endpoint.annotation.ReadOperation;
import org.springframework.boot.actuate.endpoint.annotation.Selector;
import org.springframework.boot.actuate.endpoint.annotation.WriteOperation;

/**
 * The actuator endpoint {@code tenantredis}. It names tenants, can close their connections and
 * rotate their credentials: expose it to operators alone.
 */
@Endpoint(id = "tenantredis")
public final class TenantRedisEndpoint {

  private static final String CLIENT = "db.client.connection.pool.name";
  private static final String CONNECTIONS = "db.client.connection.count";
  private static final String STATE = "db.client.connection.state";
  private static final String REFUSALS = "tenant.redis.guard.refusals";
  private static final String TENANT = "tenant";

  private final Map<String, TenantRedis> clients;
  private final @Nullable MeterRegistry meters;

  /**
   * An endpoint.
   *
   * @param clients by the names of their beans
   * @param meters where their meters are, or null
   */
  TenantRedisEndpoint(Map<String, TenantRedis> clients, @Nullable MeterRegistry meters) {
    this.clients = clients;
    this.meters = meters;
  }

  /**
   * What is in use, and how it is.
   *
   * @return the tenants, their circuit breakers, and what the meters say of them
   */
  @ReadOperation
  public Report tenants() {
    Map<String, Client> reports = new TreeMap<>();
    clients.forEach((bean, redis) -> reports.put(bean, report(redis)));
    return new Report(reports);
  }

  private Client report(TenantRedis redis) {
    Map<String, String> breakers = new TreeMap<>();
    for (CircuitBreaker breaker : redis.resilience().circuitBreakers().getAllCircuitBreakers()) {
      breakers.put(breaker.getName(), breaker.getState().name());
    }
    Map<String, Double> connections = new TreeMap<>();
    for (Gauge gauge : found(redis, CONNECTIONS, Gauge.class)) {
      connections.merge(tag(gauge, STATE), gauge.value(), Double::sum);
    }
    Map<String, Double> refusals = new TreeMap<>();
    for (Counter counter : found(redis, REFUSALS, Counter.class)) {
      refusals.merge(tag(counter, TENANT), counter.count(), Double::sum);
    }
    return new Client(
        redis.keyPrefix(),
        redis.tenantsInUse().stream().sorted().map(TenantId::value).toList(),
        breakers,
        connections,
        refusals);
  }

  private <T extends Meter> Collection<T> found(TenantRedis redis, String name, Class<T> type) {
    return meters == null
        ? List.of()
        : meters.find(name).tag(CLIENT, redis.name()).meters().stream()
            .filter(type::isInstance)
            .map(type::cast)
            .toList();
  }

  private static String tag(Meter meter, String name) {
    String value = meter.getId().getTag(name);
    return value == null ? "" : value;
  }

  /**
   * Exchanges a tenant's connections, those of all clients, for new ones with the credentials that
   * its provider gives now.
   *
   * @param tenant the tenant's id
   */
  @WriteOperation
  public void rotate(@Selector String tenant) {
    clients.values().forEach(redis -> redis.credentialsChanged(TenantId.of(tenant)));
  }

  /**
   * Closes what a tenant holds in any client, after the commands in flight; its subscriptions end,
   * and its next command connects anew.
   *
   * @param tenant the tenant's id
   */
  @DeleteOperation
  public void evict(@Selector String tenant) {
    clients.values().forEach(redis -> redis.close(TenantId.of(tenant)));
  }

  /**
   * What is in use now.
   *
   * @param clients the application's clients, by the names of their beans
   */
  public record Report(Map<String, Client> clients) {}

  /**
   * What is in use of one client.
   *
   * @param keyPrefix the template of the tenants' prefixes
   * @param tenantsInUse the ids of the tenants in use, sorted
   * @param circuitBreakers the states of the tenants' circuit breakers and of those of endpoints,
   *     by name
   * @param connections how many connections there are by state; empty without metrics
   * @param refusals how many commands the guard refused, by the tenant as metrics name it; empty
   *     without metrics
   */
  public record Client(
      String keyPrefix,
      List<String> tenantsInUse,
      Map<String, String> circuitBreakers,
      Map<String, Double> connections,
      Map<String, Double> refusals) {}
}
