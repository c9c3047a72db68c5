package io.tenantredis.benchmarks;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Draws the ratios of one group as SVG: a point for each median and a line between its quartiles,
 * on a logarithmic scale on which the right is better for the subject, whatever the unit.
 */
final class Plot {

  private static final int WIDTH = 900;
  private static final int LEFT = 250;
  private static final int RIGHT = 720;
  private static final int TOP = 64;
  private static final int ROW = 18;
  private static final int HEADING = 26;
  private static final int BOTTOM = 52;

  /** Colours that can be told apart by everybody. */
  private static final String AHEAD = "#0072b2";

  private static final String BEHIND = "#d55e00";
  private static final String OPEN = "#777777";

  private static final double[] TICKS = {0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100};

  private final StringBuilder svg = new StringBuilder();
  private final double least;
  private final double most;

  private Plot(double least, double most) {
    this.least = least;
    this.most = most;
  }

  /** A picture of results that have ratios. */
  static String svg(String title, List<Result> results) {
    double least = 0.5;
    double most = 2;
    int height = TOP + BOTTOM;
    for (Result result : results) {
      height += HEADING + ROW * result.ratios().size();
      for (Sample ratio : advantages(result)) {
        least = Math.min(least, usable(ratio.low()));
        most = Math.max(most, usable(ratio.high()));
      }
    }
    return new Plot(Math.max(least / 1.1, TICKS[0]), Math.min(most * 1.1, TICKS[TICKS.length - 1]))
        .draw(title, results, height);
  }

  /** What has no logarithm, such as a ratio of memory that shrank, does not stretch the scale. */
  private static double usable(double ratio) {
    return ratio > 0 && Double.isFinite(ratio) ? ratio : 1;
  }

  private static List<Sample> advantages(Result result) {
    List<Sample> advantages = new ArrayList<>();
    result.ratios().values().forEach(ratio -> advantages.add(advantage(result, ratio)));
    return advantages;
  }

  /** How many times better the subject is. */
  static Sample advantage(Result result, Sample ratio) {
    return result.measure().unit().moreIsBetter()
        ? ratio
        : new Sample(1 / ratio.median(), 1 / ratio.high(), 1 / ratio.low());
  }

  private String draw(String title, List<Result> results, int height) {
    add(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\""
            + " font-family=\"sans-serif\" font-size=\"12\">",
        WIDTH, height, WIDTH, height);
    add("<rect width=\"%d\" height=\"%d\" fill=\"#ffffff\"/>", WIDTH, height);
    text(16, 26, "start", "font-size=\"16\" font-weight=\"bold\"", title);
    text(
        16,
        46,
        "start",
        "fill=\"#555555\"",
        "How many times better the SDK is than the contestant named: medians of the rounds, lines"
            + " between quartiles");
    scale(height);
    int y = TOP;
    for (Result result : results) {
      y += HEADING;
      text(16, y - 6, "start", "font-weight=\"bold\"", result.measure().description());
      for (Map.Entry<String, Sample> ratio : result.ratios().entrySet()) {
        row(y + ROW / 2, ratio.getKey(), advantage(result, ratio.getValue()));
        y += ROW;
      }
    }
    add("</svg>");
    return svg.toString();
  }

  private void scale(int height) {
    int bottom = height - BOTTOM + 8;
    for (double tick : TICKS) {
      if (tick >= least && tick <= most) {
        add(
            "<line x1=\"%.1f\" y1=\"%d\" x2=\"%.1f\" y2=\"%d\" stroke=\"%s\" stroke-width=\"%s\"/>",
            x(tick),
            TOP,
            x(tick),
            bottom,
            tick == 1 ? "#333333" : "#dddddd",
            tick == 1 ? "1.5" : "1");
        text(x(tick), bottom + 16, "middle", "fill=\"#555555\"", number(tick) + "×");
      }
    }
    text(x(1) - 12, bottom + 34, "end", "fill=\"" + BEHIND + "\"", "◀ the other is better");
    text(x(1) + 12, bottom + 34, "start", "fill=\"" + AHEAD + "\"", "the SDK is better ▶");
  }

  private void row(int y, String contestant, Sample ratio) {
    String colour = colour(ratio);
    text(LEFT - 12, y + 4, "end", "fill=\"#333333\"", contestant);
    add(
        "<line x1=\"%.1f\" y1=\"%d\" x2=\"%.1f\" y2=\"%d\" stroke=\"%s\" stroke-width=\"3\"/>",
        x(ratio.low()), y, x(ratio.high()), y, colour);
    add("<circle cx=\"%.1f\" cy=\"%d\" r=\"4.5\" fill=\"%s\"/>", x(ratio.median()), y, colour);
    text(
        RIGHT + 14,
        y + 4,
        "start",
        "fill=\"" + colour + "\"",
        String.format(
            Locale.ROOT, "%.2f (%.2f to %.2f)", ratio.median(), ratio.low(), ratio.high()));
  }

  /** Who is ahead is only said where both quartiles agree. */
  static String colour(Sample ratio) {
    if (ratio.low() > 1) {
      return AHEAD;
    }
    return ratio.high() < 1 ? BEHIND : OPEN;
  }

  private double x(double ratio) {
    double within = Math.min(Math.max(Double.isNaN(ratio) ? 1 : ratio, least), most);
    return LEFT + (RIGHT - LEFT) * Math.log(within / least) / Math.log(most / least);
  }

  private void text(double x, int y, String anchor, String style, String text) {
    add(
        "<text x=\"%.1f\" y=\"%d\" text-anchor=\"%s\" %s>%s</text>",
        x, y, anchor, style, escaped(text));
  }

  private void add(String format, Object... arguments) {
    svg.append(String.format(Locale.ROOT, format, arguments)).append('\n');
  }

  private static String number(double tick) {
    return tick < 1 ? String.valueOf(tick) : String.format(Locale.ROOT, "%.0f", tick);
  }

  private static String escaped(String text) {
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
  }
}
