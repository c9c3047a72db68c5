package io.tenantredis.internal.keyspace;

import io.lettuce.core.cluster.SlotHash;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.output.CommandOutput;
import io.lettuce.core.output.IntegerOutput;
import io.lettuce.core.output.StatusOutput;
import io.lettuce.core.output.ValueListOutput;
import io.lettuce.core.protocol.AsyncCommand;
import io.lettuce.core.protocol.Command;
import io.lettuce.core.protocol.CommandArgs;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A command whose keys are in several slots of a cluster, as one command for each of them, and the
 * reply that their replies make together. Not thread-safe.
 */
public final class SplitCommand {

  private static final Set<String> COUNTING = Set.of("DEL", "UNLINK", "EXISTS", "TOUCH");

  private final GuardedCommand<?, ?, ?> whole;
  private final List<Part> parts = new ArrayList<>();
  private final int keys;

  private SplitCommand(GuardedCommand<?, ?, ?> whole) {
    this.whole = whole;
    List<byte[]> arguments = whole.arguments();
    int width = whole.name().equals("MSET") ? 2 : 1;
    this.keys = arguments.size() / width;
    Map<Integer, List<Integer>> bySlot = new LinkedHashMap<>();
    for (int key = 0; key < keys; key++) {
      bySlot
          .computeIfAbsent(SlotHash.getSlot(arguments.get(key * width)), slot -> new ArrayList<>())
          .add(key);
    }
    bySlot.forEach(
        (slot, positions) -> {
          List<byte[]> own = new ArrayList<>();
          for (int key : positions) {
            own.addAll(arguments.subList(key * width, (key + 1) * width));
          }
          parts.add(part(own, slot, positions));
        });
  }

  /**
   * Splits a command.
   *
   * @param whole one with {@link GuardedCommand#SEVERAL_SLOTS}
   * @return the parts, or null if only one server can run this command
   */
  public static @Nullable SplitCommand of(GuardedCommand<?, ?, ?> whole) {
    return switch (whole.name()) {
      case "MGET", "MSET", "DEL", "UNLINK", "EXISTS", "TOUCH" -> new SplitCommand(whole);
      default -> null;
    };
  }

  private Part part(List<byte[]> arguments, int slot, List<Integer> positions) {
    return switch (whole.name()) {
      case "MGET" ->
          part(new ValueListOutput<>(ByteArrayCodec.INSTANCE), arguments, slot, positions);
      case "MSET" -> part(new StatusOutput<>(ByteArrayCodec.INSTANCE), arguments, slot, positions);
      default -> part(new IntegerOutput<>(ByteArrayCodec.INSTANCE), arguments, slot, positions);
    };
  }

  private <T> Part part(
      CommandOutput<byte[], byte[], T> output,
      List<byte[]> arguments,
      int slot,
      List<Integer> positions) {
    AsyncCommand<byte[], byte[], T> result =
        new AsyncCommand<>(
            new Command<>(whole.getType(), output, new CommandArgs<>(ByteArrayCodec.INSTANCE)));
    return new Part(result, whole.part(result, arguments, slot), positions);
  }

  /** The commands to send, in the order of their first keys. */
  public List<Part> parts() {
    return parts;
  }

  /** Whether no part changes anything. */
  public boolean isReadOnly() {
    return whole.isReadOnly();
  }

  /** Gives the application's output what a single server would have answered. */
  public void merge() {
    CommandOutput<?, ?, ?> output = whole.delegate().getOutput();
    if (COUNTING.contains(whole.name())) {
      long sum = 0;
      for (Part part : parts) {
        sum += ((Number) part.reply()).longValue();
      }
      output.set(sum);
    } else if (whole.name().equals("MSET")) {
      output.setSingle(ByteBuffer.wrap("OK".getBytes(StandardCharsets.US_ASCII)));
    } else {
      mergeValues(output);
    }
    output.complete(0);
  }

  private void mergeValues(CommandOutput<?, ?, ?> output) {
    byte[][] values = new byte[keys][];
    for (Part part : parts) {
      List<?> own = (List<?>) part.reply();
      if (own.size() != part.positions.size()) {
        throw new IllegalStateException("A node answered another number of values");
      }
      for (int i = 0; i < own.size(); i++) {
        values[part.positions.get(i)] = (byte[]) own.get(i);
      }
    }
    output.multi(keys);
    for (byte[] value : values) {
      output.set(value == null ? null : ByteBuffer.wrap(value));
      output.complete(1);
    }
  }

  /** The command for one slot. */
  public static final class Part {

    private final AsyncCommand<byte[], byte[], ?> result;
    private final GuardedCommand<byte[], byte[], ?> command;
    private final List<Integer> positions;

    private Part(
        AsyncCommand<byte[], byte[], ?> result,
        GuardedCommand<byte[], byte[], ?> command,
        List<Integer> positions) {
      this.result = result;
      this.command = command;
      this.positions = positions;
    }

    /** What to send. */
    public GuardedCommand<byte[], byte[], ?> command() {
      return command;
    }

    /** What it comes to. */
    public AsyncCommand<byte[], byte[], ?> result() {
      return result;
    }

    private Object reply() {
      return result.getOutput().get();
    }
  }
}
