package io.tenantredis.test;

import io.tenantredis.test.ServerWatch.Sighting;
import io.tenantredis.test.server.RespConnection;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Which keys commands name, by the word of the server itself (COMMAND GETKEYS). */
final class KeyNames {

  private static final int BATCH = 500;

  private static final Set<String> UPKEEP =
      Set.of(
          "HELLO",
          "AUTH",
          "PING",
          "QUIT",
          "RESET",
          "CLIENT",
          "COMMAND",
          "READONLY",
          "ACL",
          "ECHO",
          "INFO",
          "CONFIG",
          "MULTI",
          "EXEC",
          "DISCARD",
          "UNWATCH");

  private static final Set<String> ONE_CHANNEL = Set.of("PUBLISH", "SPUBLISH");
  private static final Set<String> ALL_CHANNELS = Set.of("SUBSCRIBE", "PSUBSCRIBE", "SSUBSCRIBE");
  private static final Set<String> WHOLE_SERVER =
      Set.of("RANDOMKEY", "DBSIZE", "FLUSHALL", "FLUSHDB", "SWAPDB", "PUBSUB");

  /** What one makes, or takes away, all have or lack. */
  private static final Map<String, Set<String>> OF_THE_WHOLE_SERVER =
      Map.of(
          "SCRIPT", Set.of("FLUSH", "KILL"),
          "FUNCTION", Set.of("LOAD", "DELETE", "FLUSH", "RESTORE", "KILL"));

  private final Map<List<String>, List<String>> keys;

  private KeyNames(Map<List<String>, List<String>> keys) {
    this.keys = keys;
  }

  static KeyNames of(List<Sighting> sightings, RespConnection server) {
    Set<List<String>> distinct = new LinkedHashSet<>();
    sightings.forEach(
        sighting -> {
          if (!isUpkeep(sighting.command())) {
            distinct.add(sighting.command().args());
          }
        });
    Map<List<String>, List<String>> keys = new HashMap<>();
    List<List<String>> all = List.copyOf(distinct);
    for (int from = 0; from < all.size(); from += BATCH) {
      List<List<String>> batch = all.subList(from, Math.min(all.size(), from + BATCH));
      List<@Nullable Object> replies =
          server.pipeline(batch.stream().map(KeyNames::question).toList());
      for (int i = 0; i < batch.size(); i++) {
        // An error says that the command has no keys.
        keys.put(
            batch.get(i),
            replies.get(i) instanceof List<?> names
                ? names.stream().map(String::valueOf).toList()
                : List.of());
      }
    }
    return new KeyNames(keys);
  }

  private static String[] question(List<String> args) {
    List<String> question = new ArrayList<>(List.of("COMMAND", "GETKEYS"));
    question.addAll(args);
    return question.toArray(String[]::new);
  }

  static boolean isUpkeep(MonitoredCommand command) {
    return UPKEEP.contains(command.name());
  }

  List<String> keysOf(MonitoredCommand command) {
    return keys.getOrDefault(command.args(), List.of());
  }

  static List<String> channelsOf(MonitoredCommand command) {
    List<String> args = command.args();
    if (ONE_CHANNEL.contains(command.name()) && args.size() > 1) {
      return List.of(args.get(1));
    }
    return ALL_CHANNELS.contains(command.name()) ? args.subList(1, args.size()) : List.of();
  }

  /** Whether it shows or changes what is everybody's, for lack of the prefix in its pattern. */
  static boolean reachesAll(MonitoredCommand command, @Nullable String prefix) {
    List<String> args = command.args();
    return switch (command.name()) {
      case "KEYS" -> args.size() > 1 && !isWithin(args.get(1), prefix);
      case "SCAN" -> {
        String pattern = "";
        for (int i = 2; i + 1 < args.size(); i += 2) {
          if (args.get(i).equalsIgnoreCase("MATCH")) {
            pattern = args.get(i + 1);
          }
        }
        yield !isWithin(pattern, prefix);
      }
      default ->
          WHOLE_SERVER.contains(command.name())
              || (args.size() > 1
                  && OF_THE_WHOLE_SERVER
                      .getOrDefault(command.name(), Set.of())
                      .contains(args.get(1).toUpperCase(Locale.ROOT)));
    };
  }

  private static boolean isWithin(String pattern, @Nullable String prefix) {
    return prefix != null && pattern.startsWith(prefix);
  }
}
