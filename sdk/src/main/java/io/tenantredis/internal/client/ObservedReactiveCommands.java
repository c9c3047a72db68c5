package io.tenantredis.internal.client;

import io.lettuce.core.RedisReactiveCommandsImpl;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.codec.RedisCodec;
import io.lettuce.core.json.JsonParser;
import io.lettuce.core.protocol.RedisCommand;
import io.micrometer.observation.Observation;
import io.micrometer.observation.contextpropagation.ObservationThreadLocalAccessor;
import io.tenantredis.internal.metrics.CommandObservations;
import io.tenantredis.internal.metrics.ParentedCommand;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.util.context.ContextView;

/**
 * Lettuce's reactive commands, whose observations belong to the one in Reactor's context or else to
 * that of the thread that subscribes: what is requested may be sent by another thread.
 */
final class ObservedReactiveCommands<K, V> extends RedisReactiveCommandsImpl<K, V> {

  private final CommandObservations observations;

  ObservedReactiveCommands(
      StatefulRedisConnection<K, V> connection,
      RedisCodec<K, V> codec,
      Supplier<JsonParser> parser,
      CommandObservations observations) {
    super(connection, codec, parser);
    this.observations = observations;
  }

  @Override
  public <T> Mono<T> createMono(Supplier<RedisCommand<K, V, T>> command) {
    return Mono.deferContextual(context -> super.createMono(parented(command, context)));
  }

  @Override
  public <T> Flux<T> createFlux(Supplier<RedisCommand<K, V, T>> command) {
    return Flux.deferContextual(context -> super.createFlux(parented(command, context)));
  }

  @Override
  public <T, R> Flux<R> createDissolvingFlux(Supplier<RedisCommand<K, V, T>> command) {
    return Flux.deferContextual(context -> super.createDissolvingFlux(parented(command, context)));
  }

  private <T> Supplier<RedisCommand<K, V, T>> parented(
      Supplier<RedisCommand<K, V, T>> command, ContextView context) {
    Object known = context.getOrDefault(ObservationThreadLocalAccessor.KEY, null);
    @Nullable Observation parent =
        known instanceof Observation observation ? observation : observations.current();
    return parent == null ? command : () -> new ParentedCommand<>(command.get(), parent);
  }
}
