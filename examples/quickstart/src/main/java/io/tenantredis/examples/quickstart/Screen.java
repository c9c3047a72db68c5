package io.tenantredis.examples.quickstart;

import java.io.PrintStream;

/** Prints what happened, and remembers whether all of it was what should happen. */
final class Screen {

  private final PrintStream out;
  private int step;
  private int failed;

  Screen(PrintStream out) {
    this.out = out;
  }

  void title(String text) {
    out.println();
    out.println("  " + text);
    out.println("  " + "─".repeat(text.length()));
  }

  void step(String text) {
    step++;
    out.println();
    out.println("  " + step + "  " + text);
  }

  /** A line that must be true. */
  void check(boolean happened, String text) {
    if (!happened) {
      failed++;
    }
    out.println("     " + (happened ? "✓ " : "✗ ") + text);
  }

  void note(String text) {
    out.println("       " + text);
  }

  /** The closing line. */
  int finish() {
    out.println();
    out.println(
        failed == 0
            ? "  The wall stands: everything above happened as it should."
            : "  " + failed + " of the lines above did not happen: see ✗.");
    out.println();
    return failed == 0 ? 0 : 1;
  }
}
