package io.tenantredis.benchmarks;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the command line asks for.
 *
 * @param quick whether to end within 45 seconds
 * @param json where to write the figures for programs, or null
 * @param markdown where to write the table as Markdown, or null
 * @param scenarios names of the scenarios to run, or what they begin with; none means all
 * @param peers names of the peers to compare with; none means all but the SDK with metrics and
 *     observations, or plain Lettuce alone if quick
 * @param rounds turns of each peer, or 0 for the default
 */
record Options(
    boolean quick,
    @Nullable Path json,
    @Nullable Path markdown,
    List<String> scenarios,
    List<String> peers,
    int rounds) {

  static final String USAGE =
      "SideBySide [--quick] [--json FILE] [--markdown FILE] [--peers NAME,NAME] [--rounds N] [SCENARIO...]";

  static Options parse(String[] arguments) {
    boolean quick = false;
    Path json = null;
    Path markdown = null;
    List<String> peers = List.of();
    int rounds = 0;
    List<String> scenarios = new ArrayList<>();
    for (int i = 0; i < arguments.length; i++) {
      switch (arguments[i]) {
        case "--quick" -> quick = true;
        case "--json" -> json = Path.of(value(arguments, ++i));
        case "--markdown" -> markdown = Path.of(value(arguments, ++i));
        case "--peers" -> peers = List.of(value(arguments, ++i).split(","));
        case "--rounds" -> rounds = Integer.parseInt(value(arguments, ++i));
        default -> {
          if (arguments[i].startsWith("-")) {
            throw new IllegalArgumentException("unknown option " + arguments[i] + ": " + USAGE);
          }
          scenarios.add(arguments[i]);
        }
      }
    }
    return new Options(quick, json, markdown, List.copyOf(scenarios), peers, rounds);
  }

  private static String value(String[] arguments, int at) {
    if (at >= arguments.length) {
      throw new IllegalArgumentException(arguments[at - 1] + " needs a value: " + USAGE);
    }
    return arguments[at];
  }

  boolean wants(Scenario scenario) {
    return scenarios.isEmpty() || scenarios.stream().anyMatch(scenario.name()::startsWith);
  }

  boolean wantsPeer(String name) {
    boolean asked =
        peers.isEmpty()
            ? name.equals(LettucePeer.NAME) || (!quick && !isVariant(name))
            : peers.contains(name);
    return asked || name.equals(TenantRedisPeer.NAME);
  }

  /** The SDK itself, set up in another way: only compared when asked for. */
  private static boolean isVariant(String name) {
    return name.equals(TenantRedisPeer.METERED) || name.equals(TenantRedisPeer.OBSERVED);
  }
}
