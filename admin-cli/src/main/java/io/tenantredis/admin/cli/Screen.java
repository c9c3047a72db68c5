package io.tenantredis.admin.cli;

import io.tenantredis.admin.Finding;
import io.tenantredis.admin.NodeResult;
import io.tenantredis.admin.Severity;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.LongConsumer;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Where results go: JSON for programs, or lines with colours for people. */
final class Screen {

  private static final Map<Severity, String> COLOURS =
      Map.of(
          Severity.CRITICAL, "bold,red",
          Severity.HIGH, "red",
          Severity.MEDIUM, "yellow",
          Severity.LOW, "cyan",
          Severity.INFO, "faint");

  @Spec(Spec.Target.MIXEE)
  private CommandSpec command = CommandSpec.create();

  @Option(
      names = "--json",
      description = "Print the result as JSON, and nothing else, to standard output.")
  private boolean json;

  private PrintWriter out() {
    return command.commandLine().getOut();
  }

  private Ansi ansi() {
    return command.commandLine().getColorScheme().ansi();
  }

  /** A result: this JSON text, or what the lines print. */
  void result(String jsonText, Runnable lines) {
    if (json) {
      out().print(jsonText);
      out().flush();
    } else {
      lines.run();
    }
  }

  /** A text as a JSON string. */
  static String quoted(String text) {
    StringBuilder quoted = new StringBuilder("\"");
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '"' || c == '\\') {
        quoted.append('\\').append(c);
      } else if (c < ' ') {
        quoted.append(String.format(Locale.ROOT, "\\u%04x", (int) c));
      } else {
        quoted.append(c);
      }
    }
    return quoted.append('"').toString();
  }

  void line(String text) {
    out().println(text);
    out().flush();
  }

  /** A line for people that is no result. */
  void note(String text) {
    command.commandLine().getErr().println(text);
  }

  void findings(List<Finding> findings) {
    for (Finding finding : findings) {
      String label =
          finding.unknown() ? "UNKNOWN " : String.format(Locale.ROOT, "%-8s", finding.severity());
      String style =
          finding.unknown() ? "magenta" : COLOURS.getOrDefault(finding.severity(), "bold");
      line(
          coloured(style, label)
              + " ["
              + finding.check()
              + "] "
              + finding.subject()
              + ": "
              + finding.evidence());
      line("         " + coloured("faint", finding.remedy()));
    }
  }

  void nodes(List<NodeResult> nodes) {
    for (NodeResult node : nodes) {
      line(
          coloured(
                  node.isDone() ? "green" : "bold,red",
                  String.format(Locale.ROOT, "%-9s", node.status()))
              + " "
              + node.node()
              + ": "
              + node.detail());
    }
  }

  String coloured(String style, String text) {
    // What stands in the text is not markup of ours.
    Ansi ansi = ansi();
    return ansi.enabled()
        ? Ansi.Style.on(Ansi.Style.parse(style)) + text + Ansi.Style.off(Ansi.Style.parse(style))
        : text;
  }

  /** Colours are on where there is a terminal, so somebody is there. */
  private boolean isWatched() {
    return !json && ansi().enabled();
  }

  /** Progress for people who watch; nothing in pipelines. */
  LongConsumer progress(String what) {
    if (!isWatched()) {
      return done -> {};
    }
    PrintWriter err = command.commandLine().getErr();
    return done -> {
      err.printf(Locale.ROOT, "\r%,d keys %s", done, what);
      err.flush();
    };
  }

  void endOfProgress() {
    if (isWatched()) {
      command.commandLine().getErr().println();
    }
  }
}
