package io.tenantredis.internal.metrics;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.composite.CompositeMeterRegistry;
import io.tenantredis.internal.keyspace.CommandRule;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The meters of a client under one value of the tenant tag. They are registered when they are first
 * used and removed together; what is recorded after that goes to another group. Thread-safe.
 */
final class MeterGroup {

  private static final Duration[] BUCKETS = {
    Duration.ofMillis(1),
    Duration.ofMillis(5),
    Duration.ofMillis(10),
    Duration.ofMillis(50),
    Duration.ofMillis(100),
    Duration.ofMillis(500),
    Duration.ofSeconds(1),
    Duration.ofSeconds(5),
    Duration.ofSeconds(10)
  };

  private final MeterRegistry registry;
  private final String client;
  private final String tenant;
  private final boolean histograms;
  private final @Nullable MeterGroup next;

  /** Bounded by the values of the tags, which come from closed sets. */
  private final ConcurrentMap<Key, Meter> meters = new ConcurrentHashMap<>();

  /** Finding a registered timer costs more than recording in it. Bounded by the command table. */
  private final ConcurrentMap<CommandRule, Timer> successes = new ConcurrentHashMap<>();

  private boolean closed;

  /**
   * @param next where recordings go after the meters were removed, or null for nowhere
   */
  MeterGroup(
      MeterRegistry registry,
      String client,
      String tenant,
      boolean histograms,
      @Nullable MeterGroup next) {
    this.registry = registry;
    this.client = client;
    this.tenant = tenant;
    this.histograms = histograms;
    this.next = next;
  }

  /** A group whose meters nobody sees. */
  static MeterGroup nowhere() {
    return new MeterGroup(new CompositeMeterRegistry(), "", "", false, null);
  }

  /** A group for a tenant, followed by this one. */
  MeterGroup ofTenant(String value) {
    return new MeterGroup(registry, client, value, histograms, this);
  }

  /** The timer of a command's successes. */
  Timer success(CommandRule rule) {
    Timer timer = successes.get(rule);
    if (timer == null) {
      timer = duration(rule, MeterTag.NONE, MeterTag.NONE, "success");
      successes.putIfAbsent(rule, timer);
    }
    return timer;
  }

  Timer duration(CommandRule rule, String error, String status, String outcome) {
    return timer(TenantRedisMeter.OPERATION_DURATION, rule.name(), error, status, outcome);
  }

  /**
   * @param values those of the meter's own tags but for the tenant, in their order
   */
  Timer timer(TenantRedisMeter meter, String... values) {
    return find(
        Timer.class,
        new Key(meter, List.of(values)),
        tags -> {
          Timer.Builder builder =
              Timer.builder(meter.getName()).description(meter.description()).tags(tags);
          if (histograms) {
            builder.serviceLevelObjectives(BUCKETS);
          }
          return builder.register(registry);
        });
  }

  /**
   * @param values those of the meter's own tags but for the tenant, in their order
   */
  Counter counter(TenantRedisMeter meter, String... values) {
    return find(
        Counter.class,
        new Key(meter, List.of(values)),
        tags ->
            Counter.builder(meter.getName())
                .description(meter.description())
                .tags(tags)
                .register(registry));
  }

  void gauge(TenantRedisMeter meter, Supplier<Number> number, String... values) {
    find(
        Gauge.class,
        new Key(meter, List.of(values)),
        tags ->
            Gauge.builder(meter.getName(), number)
                .description(meter.description())
                .tags(tags)
                .register(registry));
  }

  private <M extends Meter> M find(Class<M> type, Key key, Function<Tags, M> register) {
    Meter known = meters.get(key);
    if (known != null) {
      return type.cast(known);
    }
    synchronized (this) {
      if (!closed || next == null) {
        return type.cast(meters.computeIfAbsent(key, k -> register.apply(tagsOf(k))));
      }
    }
    return type.cast(
        type == Timer.class
            ? next.timer(key.meter, key.values.toArray(String[]::new))
            : next.counter(key.meter, key.values.toArray(String[]::new)));
  }

  private Tags tagsOf(Key key) {
    List<Tag> tags = new ArrayList<>();
    tags.add(Tag.of(MeterTag.SYSTEM.asString(), MeterTag.REDIS));
    tags.add(Tag.of(MeterTag.CLIENT.asString(), client));
    int value = 0;
    for (MeterTag tag : key.meter.tags()) {
      tags.add(Tag.of(tag.asString(), tag == MeterTag.TENANT ? tenant : key.values.get(value++)));
    }
    return Tags.of(tags);
  }

  /** Removes the meters. */
  synchronized void close() {
    closed = true;
    meters.values().forEach(registry::remove);
    meters.clear();
    successes.clear();
  }

  private record Key(TenantRedisMeter meter, List<String> values) {}
}
