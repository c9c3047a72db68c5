package io.tenantredis.internal.connection;

import static org.assertj.core.api.Assertions.assertThat;

import io.lettuce.core.ClientOptions;
import io.lettuce.core.RedisURI;
import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.output.StatusOutput;
import io.lettuce.core.protocol.Command;
import io.lettuce.core.protocol.CommandArgs;
import io.lettuce.core.protocol.CommandType;
import io.lettuce.core.protocol.ProtocolVersion;
import io.lettuce.core.resource.ClientResources;
import io.lettuce.core.resource.DefaultClientResources;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.tenantredis.IdentityCheck;
import io.tenantredis.KeyPrefixTemplate;
import io.tenantredis.MetricsOptions;
import io.tenantredis.PrefixMode;
import io.tenantredis.TenantId;
import io.tenantredis.Tenants;
import io.tenantredis.internal.keyspace.CommandRules;
import io.tenantredis.internal.keyspace.Guard;
import io.tenantredis.internal.metrics.ClientMeters;
import io.tenantredis.test.server.RedisServer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A verified connection that subscribes, on a real server. */
class SubscriberChannelTest {

  private static final TenantId ACME = TenantId.of("acme");

  private static Command<String, String, String> command(CommandType type, String name) {
    return new Command<>(
        type,
        new StatusOutput<>(StringCodec.UTF8),
        new CommandArgs<>(StringCodec.UTF8).addKey(name));
  }

  private static String text(byte[] bytes) {
    return bytes == null ? "-" : new String(bytes, StandardCharsets.UTF_8);
  }

  @ParameterizedTest
  @EnumSource(
      value = ProtocolVersion.class,
      names = {"RESP2", "RESP3"})
  void itHearsItsOwnChannelsAndShardChannelsOnly(ProtocolVersion protocol) throws Exception {
    ClientResources resources = DefaultClientResources.create();
    ClientMeters meters =
        new ClientMeters(
            new SimpleMeterRegistry(), MetricsOptions.builder().build(), System::nanoTime);
    try (RedisServer server = Tenants.unconfined().start();
        Connectors connectors =
            new Connectors(
                new ConnectionSettings(
                    Tenants.credentials(),
                    Duration.ofSeconds(10),
                    Duration.ofSeconds(1),
                    4,
                    4,
                    false,
                    true),
                ClientOptions.builder().autoReconnect(false).protocolVersion(protocol).build(),
                resources,
                meters)) {
      Connector connector = connectors.to(RedisURI.create(server.host(), server.port()), null);
      VerifiedConnection connection =
          connector
              .connect(new TenantIdentity(ACME, "tenant_acme", IdentityCheck.ACL_WHOAMI))
              .get(20, TimeUnit.SECONDS);
      Guard guard =
          new Guard(
              ACME,
              KeyPrefixTemplate.of("tenant:{tenant}:").prefixOf(ACME),
              PrefixMode.PREFIX,
              CommandRules.standard(),
              meters.guard(ACME));
      List<String> heard = new CopyOnWriteArrayList<>();
      InStepCommandHandler handler = connection.physical().handler();
      handler.subscriber(
          new SubscriberChannel(
              1 << 20,
              reply ->
                  heard.add(
                      reply.kind() + " " + text(reply.name()) + " " + text(reply.payload()))));
      handler.sendSubscription(guard.guard(command(CommandType.SUBSCRIBE, "news")));
      handler.sendSubscription(guard.guard(command(CommandType.PSUBSCRIBE, "n*")));
      handler.sendSubscription(guard.guard(command(CommandType.SSUBSCRIBE, "shard")));
      Awaitility.await().until(() -> heard.size() == 3);
      server.admin().command("PUBLISH", "news", "canary");
      server.admin().command("PUBLISH", "tenant:globex:news", "canary");
      server.admin().command("SPUBLISH", "tenant:globex:shard", "canary");
      server.admin().command("PUBLISH", "tenant:acme:shard", "not a shard message");
      server.admin().command("SPUBLISH", "tenant:acme:shard", "s");
      server.admin().command("PUBLISH", "tenant:acme:news", "x".repeat(100_000));
      Awaitility.await().until(() -> heard.size() == 6);
      assertThat(heard)
          .containsExactly(
              "SUBSCRIBE tenant:acme:news ",
              "PSUBSCRIBE tenant:acme:n* ",
              "SSUBSCRIBE tenant:acme:shard ",
              "SMESSAGE tenant:acme:shard s",
              "MESSAGE tenant:acme:news " + "x".repeat(100_000),
              "PMESSAGE tenant:acme:news " + "x".repeat(100_000));
    } finally {
      resources.shutdown(0, 1, TimeUnit.SECONDS).await(10, TimeUnit.SECONDS);
    }
  }
}
