package io.tenantredis.benchmarks;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What the command line asks for.
 *
 * @param quick whether to end within 45 seconds
 * @param json where to write the figures for programs, or null
 * @param markdown where to write the table as Markdown, or null
 * @param plots the directory to draw into, or null
 * @param scenarios names of the measures to take, or what they begin with; none means all
 * @param peers names of the clients to compare with where a scenario leaves it open; none means
 *     all, or plain Lettuce alone if quick
 * @param rounds turns of each contestant, or 0 for the default
 */
record Options(
    boolean quick,
    @Nullable Path json,
    @Nullable Path markdown,
    @Nullable Path plots,
    List<String> scenarios,
    List<String> peers,
    int rounds) {

  static final String USAGE =
      "SideBySide [--quick] [--json FILE] [--markdown FILE] [--plots DIRECTORY] [--peers NAME,NAME]"
          + " [--rounds N] [SCENARIO...]";

  static Options parse(String... arguments) {
    boolean quick = false;
    Path json = null;
    Path markdown = null;
    Path plots = null;
    List<String> peers = List.of();
    int rounds = 0;
    List<String> scenarios = new ArrayList<>();
    for (int i = 0; i < arguments.length; i++) {
      switch (arguments[i]) {
        case "--quick" -> quick = true;
        case "--json" -> json = Path.of(value(arguments, ++i));
        case "--markdown" -> markdown = Path.of(value(arguments, ++i));
        case "--plots" -> plots = Path.of(value(arguments, ++i));
        case "--peers" -> peers = peers(value(arguments, ++i));
        case "--rounds" -> rounds = rounds(value(arguments, ++i));
        default -> {
          if (arguments[i].startsWith("-")) {
            throw new IllegalArgumentException("unknown option " + arguments[i] + ": " + USAGE);
          }
          scenarios.add(arguments[i]);
        }
      }
    }
    return new Options(quick, json, markdown, plots, List.copyOf(scenarios), peers, rounds);
  }

  private static String value(String[] arguments, int at) {
    if (at >= arguments.length) {
      throw new IllegalArgumentException(arguments[at - 1] + " needs a value: " + USAGE);
    }
    return arguments[at];
  }

  private static List<String> peers(String names) {
    List<String> peers = List.of(names.split(","));
    TreeSet<String> unknown = new TreeSet<>(peers);
    unknown.removeAll(Peers.names());
    if (!unknown.isEmpty()) {
      throw new IllegalArgumentException("no peers: " + unknown + "; there are " + Peers.names());
    }
    return peers;
  }

  private static int rounds(String number) {
    int rounds = number.matches("[0-9]{1,4}") ? Integer.parseInt(number) : 0;
    if (rounds == 0) {
      throw new IllegalArgumentException("--rounds needs a number from 1 to 9999: " + number);
    }
    return rounds;
  }

  /** Whether it was asked for by name. */
  boolean names(Scenario scenario) {
    return scenario.measures().stream()
        .anyMatch(measure -> scenarios.stream().anyMatch(measure.name()::startsWith));
  }

  boolean wants(Scenario scenario) {
    return scenarios.isEmpty() ? !quick || scenario.isQuick() : names(scenario);
  }

  boolean wantsPeer(String name) {
    return peers.isEmpty() ? name.equals(LettucePeer.NAME) || !quick : peers.contains(name);
  }
}
