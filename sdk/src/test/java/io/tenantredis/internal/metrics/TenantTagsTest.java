package io.tenantredis.internal.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.resilience4j.bulkhead.Bulkhead;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.tenantredis.MetricsOptions;
import io.tenantredis.RefusalReason;
import io.tenantredis.TenantId;
import io.tenantredis.TenantTags;
import io.tenantredis.internal.keyspace.CommandRule;
import io.tenantredis.internal.keyspace.CommandRules;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** The tenant tag stays within its bound, and what leaves takes its meters along. */
class TenantTagsTest {

  private static final List<CommandRule> RULES =
      CommandRules.standard().all().stream().limit(5).toList();

  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private long now;
  private final Map<String, CommandMeters> commands = new HashMap<>();

  private ClientMeters meters(TenantTags tenants) {
    return new ClientMeters(registry, MetricsOptions.builder().tenants(tenants).build(), () -> now);
  }

  private void enter(ClientMeters meters, String tenant) {
    TenantId id = TenantId.of(tenant);
    commands.put(tenant, meters.commands(id));
    meters.resilience(id, CircuitBreaker.ofDefaults(tenant), Bulkhead.ofDefaults(tenant), null);
  }

  private void send(String tenant, int times) {
    for (int i = 0; i < times; i++) {
      CommandRule rule = RULES.get(i % RULES.size());
      commands.get(tenant).completed(rule, null, 1, TimeUnit.MILLISECONDS);
    }
  }

  private void rank(ClientMeters meters) {
    now += Duration.ofSeconds(10).toNanos();
    meters.sweep(now);
  }

  private Set<String> tagged() {
    return registry.getMeters().stream()
        .map(meter -> meter.getId().getTag("tenant"))
        .filter(Objects::nonNull)
        .collect(Collectors.toSet());
  }

  private Set<String> withState() {
    return registry.getMeters().stream()
        .map(Meter::getId)
        .filter(id -> id.getName().startsWith("resilience4j"))
        .map(id -> id.getTag("name"))
        .collect(Collectors.toSet());
  }

  @Test
  void tenThousandTenantsMakeNoMoreMetersThanTheBound() {
    ClientMeters meters = meters(TenantTags.busiest(100));
    int ofClient = registry.getMeters().size();
    for (int round = 0; round < 3; round++) {
      for (int i = 0; i < 10_000; i++) {
        String tenant = "t" + i;
        if (round == 0) {
          enter(meters, tenant);
        }
        send(tenant, 5 + (i * 31 + round * 7919) % 97);
        meters.guard(TenantId.of(tenant)).refused("unknown", RefusalReason.CONNECTION_STATE);
        meters.connected(TenantId.of(tenant), Duration.ofMillis(1));
      }
      rank(meters);
      assertThat(tagged()).hasSizeBetween(50, 101).contains("other");
      assertThat(withState()).hasSize(100);
      int forTenants = registry.getMeters().size() - ofClient;
      // Five commands, a refusal, a connection and its check; and what Resilience4j shows.
      int gauges = CircuitBreaker.State.values().length + 6 + 2;
      assertThat(forTenants).isLessThanOrEqualTo(101 * 8 + 100 * gauges);
    }
  }

  @Test
  void theBusiestTakeThePlacesOfTheLeastBusy() {
    ClientMeters meters = meters(TenantTags.busiest(2));
    for (String tenant : List.of("early", "quiet", "busy")) {
      enter(meters, tenant);
    }
    send("early", 100);
    send("quiet", 1);
    send("busy", 1000);
    assertThat(tagged()).containsExactlyInAnyOrder("early", "quiet", "other");
    rank(meters);
    send("busy", 1);
    assertThat(tagged()).containsExactlyInAnyOrder("early", "busy", "other");
    assertThat(withState()).containsExactlyInAnyOrder("early", "busy");
  }

  @Test
  void nobodyTakesAPlaceForLessThanTwiceTheCommands() {
    ClientMeters meters = meters(TenantTags.busiest(1));
    enter(meters, "first");
    enter(meters, "second");
    send("first", 100);
    send("second", 190);
    rank(meters);
    assertThat(tagged()).containsExactlyInAnyOrder("first", "other");
  }

  @Test
  void aTenantOutOfUseLeavesNoMeterAndItsLateCommandsCountForAllOthers() {
    ClientMeters meters = meters(TenantTags.busiest(10));
    enter(meters, "acme");
    send("acme", 3);
    assertThat(tagged()).containsExactly("acme");
    meters.forget(TenantId.of("acme"));
    assertThat(tagged()).isEmpty();
    assertThat(withState()).isEmpty();
    send("acme", 3);
    meters.guard(TenantId.of("globex"));
    assertThat(tagged()).containsExactly("other");
  }

  @Test
  void aFreePlaceGoesToTheNextTenantThatSends() {
    ClientMeters meters = meters(TenantTags.busiest(1));
    enter(meters, "acme");
    enter(meters, "globex");
    send("globex", 1);
    meters.forget(TenantId.of("acme"));
    rank(meters);
    send("globex", 1);
    assertThat(tagged()).containsExactlyInAnyOrder("globex", "other");
  }

  @Test
  void aTenantCalledOtherDoesNotTakeTheMetersOfAllOthersAlong() {
    for (TenantTags policy :
        List.of(
            TenantTags.all(),
            TenantTags.busiest(2),
            TenantTags.only(Set.of(TenantId.of("other"))))) {
      ClientMeters meters = meters(policy);
      enter(meters, "other");
      send("other", 3);
      enter(meters, "evicted");
      meters.forget(TenantId.of("evicted"));
      send("evicted", 1);
      rank(meters);
      assertThat(withState()).doesNotContain("other");
      meters.forget(TenantId.of("other"));
      assertThat(tagged()).as(policy.toString()).containsExactly("other");
      meters.close();
    }
  }

  @Test
  void onlyTheTenantsOfTheListAreTagged() {
    ClientMeters meters = meters(TenantTags.only(Set.of(TenantId.of("acme"))));
    for (String tenant : List.of("globex", "acme")) {
      enter(meters, tenant);
      send(tenant, 1);
    }
    assertThat(tagged()).containsExactlyInAnyOrder("acme", "other");
  }

  @Test
  void offTagsNobodyAndAllTagsEverybody() {
    ClientMeters off = meters(TenantTags.off());
    enter(off, "acme");
    send("acme", 1);
    assertThat(tagged()).containsExactly("other");
    off.close();
    ClientMeters all = meters(TenantTags.all());
    List<String> tenants = IntStream.range(0, 500).mapToObj(i -> "t" + i).toList();
    for (String tenant : tenants) {
      enter(all, tenant);
      send(tenant, 1);
    }
    assertThat(tagged()).containsExactlyInAnyOrderElementsOf(tenants);
    all.close();
    assertThat(registry.getMeters()).isEmpty();
  }
}
