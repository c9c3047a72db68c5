package io.tenantredis.internal.connection;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.lettuce.core.ClientOptions;
import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.output.CommandOutput;
import io.lettuce.core.output.GenericMapOutput;
import io.lettuce.core.output.KeyListOutput;
import io.lettuce.core.output.KeyScanOutput;
import io.lettuce.core.output.NestedMultiOutput;
import io.lettuce.core.output.StatusOutput;
import io.lettuce.core.output.StreamReadOutput;
import io.lettuce.core.output.ValueOutput;
import io.lettuce.core.protocol.Command;
import io.lettuce.core.protocol.CommandArgs;
import io.lettuce.core.protocol.CommandEncoder;
import io.lettuce.core.protocol.CommandType;
import io.lettuce.core.protocol.ConnectionFacade;
import io.lettuce.core.protocol.DefaultEndpoint;
import io.lettuce.core.resource.ClientResources;
import io.lettuce.core.resource.DefaultClientResources;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.tenantredis.KeyPrefixTemplate;
import io.tenantredis.PrefixMode;
import io.tenantredis.TenantId;
import io.tenantredis.internal.keyspace.CommandRules;
import io.tenantredis.internal.keyspace.Guard;
import io.tenantredis.internal.keyspace.GuardListener;
import io.tenantredis.internal.keyspace.GuardedCommand;
import io.tenantredis.internal.keyspace.ReplyListener;
import io.tenantredis.reliability.HostileBytes;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Whatever bytes a server sends: no exception leaves the pipeline, every command ends once, and
 * memory stays within what was received and a bound.
 *
 * <p>Runs for three seconds, or for {@code -Dtenantredis.fuzz.seconds}; {@code -Dtenantredis.seed}
 * repeats a run.
 */
class ReplyFuzzTest {

  private static final Duration TIME =
      Duration.ofSeconds(Integer.getInteger("tenantredis.fuzz.seconds", 3));
  private static final long SEED = Long.getLong("tenantredis.seed", System.nanoTime());

  /** An output may make room for as many elements as a reply may announce, at 16 bytes each. */
  private static final long MOST_BYTES = 400L << 20;

  private static final Guard GUARD =
      new Guard(
          TenantId.of("acme"),
          KeyPrefixTemplate.of("tenant:{tenant}:").prefixOf(TenantId.of("acme")),
          PrefixMode.PREFIX,
          CommandRules.standard(),
          GuardListener.NONE);

  private static final List<Asked> ASKED =
      List.of(
          new Asked(CommandType.GET, () -> new ValueOutput<>(StringCodec.UTF8), "k"),
          new Asked(CommandType.SET, () -> new StatusOutput<>(StringCodec.UTF8), "k", "v"),
          new Asked(CommandType.SCAN, () -> new KeyScanOutput<>(StringCodec.UTF8), "0"),
          new Asked(CommandType.SRANDMEMBER, () -> new KeyListOutput<>(StringCodec.UTF8), "k", "9"),
          new Asked(CommandType.HGETALL, () -> new GenericMapOutput<>(StringCodec.UTF8), "k"),
          new Asked(
              CommandType.LMPOP, () -> new NestedMultiOutput<>(StringCodec.UTF8), "1", "k", "LEFT"),
          new Asked(
              CommandType.XREAD,
              () -> new StreamReadOutput<>(StringCodec.UTF8),
              "STREAMS",
              "k",
              "0"));

  /** As the SDK sets them: a connection lives for one socket. */
  private static final ClientOptions OPTIONS =
      ClientOptions.builder()
          .autoReconnect(false)
          .disconnectedBehavior(ClientOptions.DisconnectedBehavior.REJECT_COMMANDS)
          .build();

  private static ClientResources resources;

  @BeforeAll
  static void startResources() {
    resources = DefaultClientResources.builder().ioThreadPoolSize(2).build();
  }

  @AfterAll
  static void stopResources() {
    resources.shutdown(0, 2, TimeUnit.SECONDS);
  }

  /** A command, and the output that Lettuce gives it. */
  private record Asked(
      CommandType type, Supplier<CommandOutput<String, String, ?>> output, String... arguments) {

    @SuppressWarnings("unchecked")
    GuardedCommand<String, String, Object> guarded() {
      CommandArgs<String, String> args = new CommandArgs<>(StringCodec.UTF8);
      for (String argument : arguments) {
        args.add(argument);
      }
      return GUARD.guard(
          new Command<>(type, (CommandOutput<String, String, Object>) output.get(), args));
    }
  }

  /** One connection, and what became of its commands. */
  private static final class Connection implements ReplyListener, AutoCloseable {

    private final DefaultEndpoint endpoint = new DefaultEndpoint(OPTIONS, resources);
    private final EmbeddedChannel channel;
    private final List<GuardedCommand<?, ?, ?>> sent = new ArrayList<>();
    private int ended;

    Connection() {
      endpoint.setConnectionFacade(NO_FACADE);
      InStepCommandHandler handler =
          new InStepCommandHandler(OPTIONS, resources, endpoint, NOBODY, false);
      channel = new EmbeddedChannel(new CommandEncoder(), handler);
      handler.probe(
          new ProbeSettings(TimeUnit.HOURS.toNanos(1), TimeUnit.HOURS.toNanos(1), () -> 7));
    }

    void send(Asked asked) {
      GuardedCommand<String, String, Object> command = asked.guarded();
      command.listener(this);
      sent.add(command);
      channel.writeOutbound(command);
    }

    void receive(byte[] bytes, int from, int to) {
      if (channel.isOpen()) {
        channel.writeInbound(Unpooled.copiedBuffer(bytes, from, to - from));
      }
    }

    @Override
    public void onReply(GuardedCommand<?, ?, ?> command) {
      ended++;
    }

    @Override
    public void onFailure(GuardedCommand<?, ?, ?> command, Throwable cause) {
      ended++;
    }

    @Override
    public void close() {
      channel.finishAndReleaseAll();
      assertThat(ended).as("each command ends once").isEqualTo(sent.size());
    }
  }

  private static final ConnectionListener NOBODY =
      new ConnectionListener() {
        @Override
        public void commandExpired() {}

        @Override
        public void probeNotPermitted() {}

        @Override
        public void outOfStep() {}

        @Override
        public void disconnected() {}
      };

  private static final ConnectionFacade NO_FACADE =
      new ConnectionFacade() {
        @Override
        public void activated() {}

        @Override
        public void deactivated() {}
      };

  @Test
  void anyBytesEndEveryCommandOnceWithinABoundOfMemory() {
    System.out.println("ReplyFuzzTest: reproduce with -Dtenantredis.seed=" + SEED);
    Random random = new Random(SEED);
    long end = System.nanoTime() + TIME.toNanos();
    long rounds = 0;
    long most = 0;
    while (rounds <= 100 || System.nanoTime() - end < 0) {
      byte[] bytes = HostileBytes.next(random);
      long before = allocated();
      try (Connection connection = new Connection()) {
        for (int i = random.nextInt(4); i >= 0; i--) {
          connection.send(ASKED.get(random.nextInt(ASKED.size())));
        }
        for (int at = 0; at < bytes.length; ) {
          int to = random.nextBoolean() ? bytes.length : at + 1 + random.nextInt(bytes.length - at);
          connection.receive(bytes, at, to);
          at = to;
        }
      } catch (Throwable failure) {
        throw new AssertionError("round " + rounds + ": " + HostileBytes.printable(bytes), failure);
      }
      long used = allocated() - before;
      assertThat(used)
          .as("bytes allocated for %s", HostileBytes.printable(bytes))
          .isLessThan(MOST_BYTES);
      most = Math.max(most, used);
      rounds++;
    }
    System.out.printf(
        "ReplyFuzzTest: %,d rounds, at most %,d kB allocated in one%n", rounds, most >> 10);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "*2147483647\r\n",
        "*1000000000\r\n",
        "%1000000000\r\n",
        "~2000000000\r\n",
        "*16777217\r\n",
        "*2\r\n*16000000\r\n*16000000\r\n"
      })
  void aReplyThatAnnouncesTooMuchIsRefusedBeforeRoomIsMadeForIt(String reply) {
    for (Asked asked : ASKED) {
      long before = allocated();
      try (Connection connection = new Connection()) {
        connection.send(asked);
        connection.receive(reply.getBytes(ISO_8859_1), 0, reply.length());
        assertThat(connection.channel.isOpen()).as("open after %s", asked.type()).isFalse();
      }
      assertThat(allocated() - before).as("bytes for %s", asked.type()).isLessThan(MOST_BYTES);
    }
  }

  @Test
  void arraysNestedAMillionDeepCloseTheConnection() {
    byte[] bytes = "*1\r\n".repeat(1_000_000).getBytes(ISO_8859_1);
    for (Asked asked : ASKED) {
      try (Connection connection = new Connection()) {
        connection.send(asked);
        connection.receive(bytes, 0, bytes.length);
        assertThat(connection.channel.isOpen()).isFalse();
      }
    }
  }

  @Test
  void aBulkStringThatIsAnnouncedButDoesNotComeTakesNoMemory() {
    byte[] bytes = "$2147483000\r\nabc".getBytes(ISO_8859_1);
    long before = allocated();
    try (Connection connection = new Connection()) {
      connection.send(ASKED.get(0));
      connection.receive(bytes, 0, bytes.length);
      assertThat(connection.channel.isOpen()).as("the rest may still come").isTrue();
    }
    assertThat(allocated() - before).isLessThan(4 << 20);
  }

  private static long allocated() {
    return ((ThreadMXBean) ManagementFactory.getThreadMXBean()).getCurrentThreadAllocatedBytes();
  }
}
