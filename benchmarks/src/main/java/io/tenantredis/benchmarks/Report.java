package io.tenantredis.benchmarks;

import java.io.PrintStream;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.StringJoiner;
import org.jspecify.annotations.Nullable;

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
                        result.measure().name(),
                        result.subject(),
                        baseline,
                        number(ratio.median(), 3))));
    ofLimit(result)
        .forEach(
            (peer, share) ->
                out.println(
                    String.join(
                        "\t",
                        "ratio",
                        result.measure().name(),
                        peer,
                        RedisBenchmarkPeer.NAME,
                        number(share, 3))));
  }

  /**
   * What the others come to of what the server can do for one connection: how much of the subject's
   * distance to that is nobody's but Java's. Medians divided by each other.
   */
  private static Map<String, Double> ofLimit(Result result) {
    Map<String, Double> shares = new LinkedHashMap<>();
    Sample limit = result.figures().get(RedisBenchmarkPeer.NAME);
    if (limit != null) {
      result
          .figures()
          .forEach(
              (contestant, figures) -> {
                if (!contestant.equals(result.subject())
                    && !contestant.equals(RedisBenchmarkPeer.NAME)) {
                  shares.put(contestant, figures.median() / limit.median());
                }
              });
    }
    return shares;
  }

  /** What all measures came to, for people. */
  static void table(List<Result> results, PrintStream out) {
    out.printf(
        "%n%-28s %-26s %12s %12s %12s  %-14s  %8s  %s%n",
        "measure", "contestant", "median", "quartile", "quartile", "", "ratio", "quartiles");
    for (Result result : results) {
      result
          .figures()
          .forEach(
              (contestant, figures) -> {
                Sample ratio = result.ratios().get(contestant);
                out.printf(
                    Locale.ROOT,
                    "%-28s %-26s %,12.0f %,12.0f %,12.0f  %-14s  %8s  %s%n",
                    result.measure().name(),
                    contestant,
                    figures.median(),
                    figures.low(),
                    figures.high(),
                    result.measure().unit().label(),
                    ratio == null ? "" : number(ratio.median(), 2),
                    ratio == null ? "" : number(ratio.low(), 2) + ".." + number(ratio.high(), 2));
              });
    }
  }

  /** A table for each group as Markdown. */
  static String markdown(Environment environment, List<Result> results) {
    StringBuilder text = new StringBuilder("# Figures of one run\n\n");
    text.append(environment).append(".\n\n");
    text.append(
        """
        A ratio is the first contestant's figure divided by that of the one in its line, of the same round. Medians of the rounds, quartiles in
        brackets.
        """);
    text.append(behind(results));
    for (Group group : Group.values()) {
      List<Result> shown = results.stream().filter(one -> one.measure().group() == group).toList();
      if (!shown.isEmpty()) {
        text.append("\n## ").append(group.title()).append("\n\n");
        text.append("| Measure | Contestant | Figure | | Ratio |\n");
        text.append("| --- | --- | ---: | --- | ---: |\n");
        shown.forEach(result -> rows(result, text));
      }
    }
    return text.toString();
  }

  /** What has to be said first: where both quartiles are on the wrong side. */
  private static String behind(List<Result> results) {
    StringJoiner rows = new StringJoiner("\n", "", "\n").setEmptyValue("");
    for (Result result : results) {
      result
          .ratios()
          .forEach(
              (baseline, ratio) -> {
                Sample advantage = Plot.advantage(result, ratio);
                if (advantage.high() < 1) {
                  rows.add(
                      "| `%s`: %s | %s | %s |"
                          .formatted(
                              result.measure().name(),
                              result.measure().description(),
                              baseline,
                              ratio(advantage)));
                }
              });
    }
    return rows.length() == 0
        ? ""
        : """

        ## Where the SDK is behind

        By more than the quartiles are apart; how many times better it is than the contestant named, whatever the unit.

        | Measure | Beside | Times better |
        | --- | --- | ---: |
        """
            + rows;
  }

  private static void rows(Result result, StringBuilder text) {
    result
        .figures()
        .forEach(
            (contestant, figures) -> {
              boolean subject = contestant.equals(result.subject());
              text.append(
                  String.format(
                      Locale.ROOT,
                      "| %s | %s | %,.0f (%,.0f to %,.0f) | %s | %s |\n",
                      subject
                          ? "`" + result.measure().name() + "`: " + result.measure().description()
                          : "",
                      contestant,
                      figures.median(),
                      figures.low(),
                      figures.high(),
                      result.measure().unit().label(),
                      ratio(result.ratios().get(contestant))));
            });
    ofLimit(result)
        .forEach(
            (peer, share) ->
                text.append("| | ")
                    .append(peer)
                    .append(" beside " + RedisBenchmarkPeer.NAME + " | | | ")
                    .append(number(share, 2))
                    .append(" |\n"));
  }

  private static String ratio(@Nullable Sample ratio) {
    return ratio == null
        ? ""
        : number(ratio.median(), 2)
            + " ("
            + number(ratio.low(), 2)
            + " to "
            + number(ratio.high(), 2)
            + ")";
  }

  /** Everything for programs. */
  static String json(Environment environment, List<Result> results) {
    StringJoiner measures = new StringJoiner(",\n", "\"measures\": [\n", "\n]}\n");
    for (Result result : results) {
      StringJoiner contestants = new StringJoiner(",");
      result
          .figures()
          .forEach(
              (contestant, figures) -> {
                Sample ratio = result.ratios().get(contestant);
                contestants.add(
                    "\n  {\"name\": \""
                        + contestant
                        + "\", \"figure\": "
                        + sample(figures, 1)
                        + (ratio == null ? "" : ", \"ratio\": " + sample(ratio, 4))
                        + "}");
              });
      measures.add(
          "{\"measure\": \""
              + result.measure().name()
              + "\", \"description\": \""
              + result.measure().description()
              + "\", \"unit\": \""
              + result.measure().unit().label()
              + "\", \"moreIsBetter\": "
              + result.measure().unit().moreIsBetter()
              + ", \"subject\": \""
              + result.subject()
              + "\", \"contestants\": ["
              + contestants
              + "]}");
    }
    return "{\"environment\": \"" + environment + "\",\n" + measures;
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
