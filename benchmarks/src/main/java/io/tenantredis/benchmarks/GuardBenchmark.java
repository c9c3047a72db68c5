package io.tenantredis.benchmarks;

import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.output.CommandOutput;
import io.lettuce.core.output.IntegerOutput;
import io.lettuce.core.output.ValueListOutput;
import io.lettuce.core.output.ValueOutput;
import io.lettuce.core.protocol.Command;
import io.lettuce.core.protocol.CommandArgs;
import io.lettuce.core.protocol.CommandType;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.tenantredis.KeyPrefixTemplate;
import io.tenantredis.PrefixMode;
import io.tenantredis.TenantId;
import io.tenantredis.internal.keyspace.CommandRules;
import io.tenantredis.internal.keyspace.Guard;
import io.tenantredis.internal.keyspace.GuardListener;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What the guard costs a command, from its arguments to its bytes in the buffer of a connection,
 * beside Lettuce's own encoding of the same command with the prefix written by hand. Run it with
 * {@code -prof gc} for what each allocates. The one benchmark that reaches behind the public API:
 * in front of it, the guard cannot be had without a connection.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(3)
public class GuardBenchmark {

  private static final StringCodec CODEC = StringCodec.UTF8;
  private static final TenantId TENANT = TenantId.of("acme");
  private static final KeyPrefixTemplate TEMPLATE = KeyPrefixTemplate.of("tenant:{tenant}:");

  /** The command. */
  @Param({"GET", "MGET_100", "HSET_20"})
  public String command = "";

  private final Guard guard =
      new Guard(
          TENANT,
          TEMPLATE.prefixOf(TENANT),
          PrefixMode.PREFIX,
          CommandRules.standard(),
          GuardListener.NONE);
  private final String prefix = TEMPLATE.prefixOf(TENANT).toString();
  private final List<String> fields = names("field:", 20);
  private List<String> relative = List.of();
  private List<String> whole = List.of();
  private final ByteBuf buffer = PooledByteBufAllocator.DEFAULT.directBuffer(64 * 1024);

  private static List<String> names(String stem, int count) {
    return IntStream.range(0, count).mapToObj(i -> stem + i).toList();
  }

  /** Makes the keys, and fails if both ways do not lead to the same bytes. */
  @Setup
  public void check() {
    int keys = command.equals("MGET_100") ? 100 : 1;
    relative = names("key:", keys);
    whole = names(prefix + "key:", keys);
    ByteBuf plain = lettuce().copy();
    boolean same = plain.equals(guarded());
    plain.release();
    if (!same) {
      throw new IllegalStateException("The two do not write the same bytes for " + command);
    }
  }

  /** Lettuce's own encoding of keys that have the prefix. */
  @Benchmark
  public ByteBuf lettuce() {
    buffer.clear();
    command(whole).encode(buffer);
    return buffer;
  }

  /** The guard's, of keys that get it. */
  @Benchmark
  public ByteBuf guarded() {
    buffer.clear();
    guard.guard(command(relative)).encode(buffer);
    return buffer;
  }

  private Command<String, String, ?> command(List<String> keys) {
    return switch (command) {
      case "GET" -> command(CommandType.GET, new ValueOutput<>(CODEC), args().addKey(keys.get(0)));
      case "MGET_100" ->
          command(CommandType.MGET, new ValueListOutput<>(CODEC), args().addKeys(keys));
      case "HSET_20" -> hset(keys.get(0));
      default -> throw new IllegalArgumentException(command);
    };
  }

  private Command<String, String, ?> hset(String key) {
    CommandArgs<String, String> args = args().addKey(key);
    for (String field : fields) {
      args.addKey(field).addValue("value");
    }
    return command(CommandType.HSET, new IntegerOutput<>(CODEC), args);
  }

  private static CommandArgs<String, String> args() {
    return new CommandArgs<>(CODEC);
  }

  private static <T> Command<String, String, T> command(
      CommandType type, CommandOutput<String, String, T> output, CommandArgs<String, String> args) {
    return new Command<>(type, output, args);
  }

  /** Gives the buffer back. */
  @TearDown
  public void release() {
    buffer.release();
  }
}
