package io.tenantredis.internal.keyspace;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * How long a blocking command may wait on the server, as its arguments say. They were matched
 * against the command's grammar before, so that they are looked up by position.
 */
final class BlockTime {

  /** The command waits until something happens. */
  static final long UNBOUNDED = Long.MAX_VALUE;

  private static final Set<String> SECONDS_LAST =
      Set.of("BLPOP", "BRPOP", "BZPOPMIN", "BZPOPMAX", "BRPOPLPUSH", "BLMOVE");
  private static final Set<String> SECONDS_FIRST = Set.of("BLMPOP", "BZMPOP");
  private static final Set<String> MILLIS_LAST = Set.of("WAIT", "WAITAOF");
  private static final Set<String> BLOCK_OPTION = Set.of("XREAD", "XREADGROUP");

  /** How many arguments follow these words; all others of both commands have one. */
  private static final Set<String> WITHOUT_ARGUMENT = Set.of("NOACK");

  private static final Set<String> WITH_TWO_ARGUMENTS = Set.of("GROUP");

  private BlockTime() {}

  /**
   * The time in nanoseconds.
   *
   * @param command the name in upper case
   * @param arguments what follows the name
   * @return {@link #UNBOUNDED} when it waits until something happens, or when nothing is known of
   *     the command
   */
  static long nanos(String command, List<byte[]> arguments) {
    if (SECONDS_LAST.contains(command)) {
      return seconds(text(arguments.get(arguments.size() - 1)));
    }
    if (SECONDS_FIRST.contains(command)) {
      return seconds(text(arguments.get(0)));
    }
    if (MILLIS_LAST.contains(command)) {
      return millis(text(arguments.get(arguments.size() - 1)));
    }
    return BLOCK_OPTION.contains(command) ? blockOption(arguments) : UNBOUNDED;
  }

  private static long blockOption(List<byte[]> arguments) {
    for (int i = 0; i < arguments.size(); i++) {
      String word = text(arguments.get(i)).toUpperCase(Locale.ROOT);
      if (word.equals("STREAMS")) {
        return 0;
      }
      if (word.equals("BLOCK")) {
        return millis(text(arguments.get(i + 1)));
      }
      if (!WITHOUT_ARGUMENT.contains(word)) {
        i += WITH_TWO_ARGUMENTS.contains(word) ? 2 : 1;
      }
    }
    return 0;
  }

  private static String text(byte[] argument) {
    return new String(argument, StandardCharsets.ISO_8859_1);
  }

  private static long seconds(String text) {
    double seconds;
    try {
      seconds = Double.parseDouble(text);
    } catch (NumberFormatException refusedByTheServer) {
      return 0;
    }
    // Infinity and numbers too large for the server are errors there.
    double nanos = seconds * TimeUnit.SECONDS.toNanos(1);
    return seconds == 0 ? UNBOUNDED : (long) Math.max(0, nanos);
  }

  private static long millis(String text) {
    try {
      long millis = Long.parseLong(text);
      return millis == 0 ? UNBOUNDED : Math.max(0, TimeUnit.MILLISECONDS.toNanos(millis));
    } catch (NumberFormatException refusedByTheServer) {
      return 0;
    }
  }
}
