package io.tenantredis.benchmarks;

import java.io.PrintStream;
import java.util.List;
import java.util.Locale;
import java.util.StringJoiner;

/** Writes results for people and for programs. */
final class Report {

  private Report() {}

  /** One line for each ratio: {@code ratio, scenario, subject, baseline, value}, tab-separated. */
  static void ratioLines(Result result, PrintStream out) {
    result
        .ratios()
        .forEach(
            (baseline, ratio) ->
                out.println(
                    String.join(
                        "\t",
                        "ratio",
                        result.scenario().name(),
                        TenantRedisPeer.NAME,
                        baseline,
                        number(ratio.median(), 3))));
  }

  static void table(List<Result> results, PrintStream out) {
    out.printf(
        "%n%-20s %-16s %12s %12s %12s   %8s  %s%n",
        "scenario", "peer", "median op/s", "quartile", "quartile", "SDK/peer", "quartiles");
    for (Result result : results) {
      result
          .rates()
          .forEach(
              (peer, rate) -> {
                Sample ratio = result.ratios().get(peer);
                out.printf(
                    "%-20s %-16s %,12.0f %,12.0f %,12.0f   %8s  %s%n",
                    result.scenario().name(),
                    peer,
                    rate.median(),
                    rate.low(),
                    rate.high(),
                    ratio == null ? "" : number(ratio.median(), 2),
                    ratio == null ? "" : number(ratio.low(), 2) + ".." + number(ratio.high(), 2));
              });
    }
  }

  /** The table as Markdown. */
  static String markdown(List<Result> results) {
    StringBuilder text = new StringBuilder();
    text.append("| Scenario | Peer | Operations/s (quartiles) | SDK / peer (quartiles) |\n");
    text.append("| --- | --- | ---: | ---: |\n");
    for (Result result : results) {
      result
          .rates()
          .forEach(
              (peer, rate) -> {
                Sample ratio = result.ratios().get(peer);
                text.append(
                    String.format(
                        Locale.ROOT,
                        "| %s | %s | %,.0f (%,.0f..%,.0f) | %s |%n",
                        result.scenario().name(),
                        peer,
                        rate.median(),
                        rate.low(),
                        rate.high(),
                        ratio == null
                            ? ""
                            : String.format(
                                Locale.ROOT,
                                "%.2f (%.2f..%.2f)",
                                ratio.median(),
                                ratio.low(),
                                ratio.high())));
              });
    }
    return text.toString();
  }

  static String json(List<Result> results) {
    StringJoiner scenarios = new StringJoiner(",\n", "{\"scenarios\": [\n", "\n]}\n");
    for (Result result : results) {
      StringJoiner peers = new StringJoiner(",");
      result
          .rates()
          .forEach(
              (peer, rate) -> {
                Sample ratio = result.ratios().get(peer);
                peers.add(
                    "\n  {\"peer\": \""
                        + peer
                        + "\", \"opsPerSecond\": "
                        + sample(rate, 0)
                        + (ratio == null ? "" : ", \"ratio\": " + sample(ratio, 4))
                        + "}");
              });
      scenarios.add(
          "{\"scenario\": \""
              + result.scenario().name()
              + "\", \"description\": \""
              + result.scenario().description()
              + "\", \"peers\": ["
              + peers
              + "]}");
    }
    return scenarios.toString();
  }

  private static String sample(Sample sample, int digits) {
    return "{\"median\": "
        + number(sample.median(), digits)
        + ", \"lowerQuartile\": "
        + number(sample.low(), digits)
        + ", \"upperQuartile\": "
        + number(sample.high(), digits)
        + "}";
  }

  private static String number(double value, int digits) {
    return String.format(Locale.ROOT, "%." + digits + "f", value);
  }
}
