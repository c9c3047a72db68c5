package io.tenantredis.internal.keyspace;

import com.sun.management.ThreadMXBean;
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
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import java.util.stream.IntStream;

/**
 * What the guard costs a command more than Lettuce's own encoding, in time and allocated bytes. Run
 * its main method; prints, for each command, the median of several rounds in which both took turns.
 * Not a test: times say nothing on a busy machine.
 */
public final class GuardCost {

  private static final int ROUNDS = 15;
  private static final int CALLS = 200_000;
  private static final StringCodec CODEC = StringCodec.UTF8;

  private GuardCost() {}

  public static void main(String[] arguments) {
    TenantId tenant = TenantId.of("acme");
    Guard guard =
        new Guard(
            tenant,
            KeyPrefixTemplate.of("tenant:{tenant}:").prefixOf(tenant),
            PrefixMode.PREFIX,
            CommandRules.standard(),
            GuardListener.NONE);
    report(guard, "GET", "key:42", GuardCost::get);
    report(guard, "MGET 100", keys("key:"), GuardCost::mget);
    report(guard, "HSET 20", keys("field:").subList(0, 20), GuardCost::hset);
  }

  private static <A> void report(
      Guard guard, String name, A argument, Function<A, Command<String, String, ?>> factory) {
    ByteBuf wire = PooledByteBufAllocator.DEFAULT.directBuffer(64 * 1024);
    Runnable plain = () -> factory.apply(argument).encode(wire.clear());
    Runnable guarded = () -> guard.guard(factory.apply(argument)).encode(wire.clear());
    double[][] plainFigures = new double[2][ROUNDS];
    double[][] guardedFigures = new double[2][ROUNDS];
    int calls = name.startsWith("GET") ? CALLS : CALLS / 20;
    for (int round = -10; round < ROUNDS; round++) {
      measure(plain, calls, plainFigures, round);
      measure(guarded, calls, guardedFigures, round);
    }
    wire.release();
    System.out.printf(
        "%-10s Lettuce %6.0f ns %6.0f B, guarded %6.0f ns %6.0f B, guard's own %6.0f ns %6.0f B%n",
        name,
        median(plainFigures[0]),
        median(plainFigures[1]),
        median(guardedFigures[0]),
        median(guardedFigures[1]),
        median(guardedFigures[0]) - median(plainFigures[0]),
        median(guardedFigures[1]) - median(plainFigures[1]));
  }

  private static void measure(Runnable work, int calls, double[][] figures, int round) {
    ThreadMXBean thread = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long bytes = thread.getCurrentThreadAllocatedBytes();
    long began = thread.getCurrentThreadCpuTime();
    for (int i = 0; i < calls; i++) {
      work.run();
    }
    if (round >= 0) {
      figures[0][round] = (double) (thread.getCurrentThreadCpuTime() - began) / calls;
      figures[1][round] = (double) (thread.getCurrentThreadAllocatedBytes() - bytes) / calls;
    }
  }

  private static double median(double[] figures) {
    double[] sorted = figures.clone();
    Arrays.sort(sorted);
    return sorted[sorted.length / 2];
  }

  private static List<String> keys(String stem) {
    return IntStream.range(0, 100).mapToObj(i -> stem + i).toList();
  }

  private static Command<String, String, ?> get(String key) {
    return command(CommandType.GET, new ValueOutput<>(CODEC), args().addKey(key));
  }

  private static Command<String, String, ?> mget(List<String> keys) {
    return command(CommandType.MGET, new ValueListOutput<>(CODEC), args().addKeys(keys));
  }

  private static Command<String, String, ?> hset(List<String> fields) {
    CommandArgs<String, String> args = args().addKey("hash:42");
    fields.forEach(field -> args.addKey(field).addValue("value"));
    return command(CommandType.HSET, new IntegerOutput<>(CODEC), args);
  }

  private static CommandArgs<String, String> args() {
    return new CommandArgs<>(CODEC);
  }

  private static <T> Command<String, String, T> command(
      CommandType type, CommandOutput<String, String, T> output, CommandArgs<String, String> args) {
    return new Command<>(type, output, args);
  }
}
