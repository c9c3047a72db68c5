package io.tenantredis.benchmarks;

import io.lettuce.core.api.StatefulConnection;
import org.apache.commons.pool2.impl.GenericObjectPoolConfig;
import org.jspecify.annotations.Nullable;
import org.springframework.data.redis.connection.RedisStandaloneConfiguration;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;
import org.springframework.data.redis.connection.lettuce.LettucePoolingClientConfiguration;
import org.springframework.data.redis.core.ReactiveStringRedisTemplate;
import org.springframework.data.redis.core.StringRedisTemplate;

/**
 * Spring Data Redis' templates as Spring Boot sets them up: Lettuce, one shared connection, and a
 * pool for pipelines and transactions; the application writes the prefix.
 */
final class SpringPeer implements Peer {

  static final String NAME = "spring-data";

  private final LettuceConnectionFactory factory;
  private final StringRedisTemplate template;
  private final ReactiveStringRedisTemplate reactive;
  private final Data data = new Data(BenchmarkServer.PREFIX);

  SpringPeer(BenchmarkServer server) {
    RedisStandaloneConfiguration configuration =
        new RedisStandaloneConfiguration(server.host(), server.port());
    configuration.setUsername(BenchmarkServer.user(BenchmarkServer.TENANT));
    configuration.setPassword(BenchmarkServer.PASSWORD);
    GenericObjectPoolConfig<StatefulConnection<?, ?>> pool = new GenericObjectPoolConfig<>();
    pool.setMaxTotal(BenchmarkServer.POOL_SIZE);
    pool.setMaxIdle(BenchmarkServer.POOL_SIZE);
    this.factory =
        new LettuceConnectionFactory(
            configuration, LettucePoolingClientConfiguration.builder().poolConfig(pool).build());
    factory.afterPropertiesSet();
    factory.start();
    this.template = new StringRedisTemplate(factory);
    this.reactive = new ReactiveStringRedisTemplate(factory);
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public Sync sync(Task task) {
    return SpringOperations.sync(template, data, task);
  }

  @Override
  public @Nullable Reactive reactive(Task task) {
    return task == Task.GET ? i -> reactive.opsForValue().get(data.key(i)) : null;
  }

  @Override
  public void close() {
    factory.destroy();
  }
}
