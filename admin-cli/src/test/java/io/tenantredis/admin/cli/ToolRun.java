package io.tenantredis.admin.cli;

import io.tenantredis.test.server.RedisServer;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Help.Ansi;

/** One run of the tool on a server whose administrator is {@code root}. */
record ToolRun(int exitCode, String out, String err) {

  static ToolRun on(RedisServer server, Path passwordFile, String... arguments) {
    List<String> all = new ArrayList<>(List.of(arguments));
    all.add("--uri=redis://root@127.0.0.1:" + server.port());
    all.add("--password-file=" + passwordFile);
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    CommandLine tool =
        TenantRedisTool.commandLine()
            .setColorScheme(CommandLine.Help.defaultColorScheme(Ansi.OFF))
            .setOut(new PrintWriter(out, true))
            .setErr(new PrintWriter(err, true));
    int exitCode = tool.execute(all.toArray(new String[0]));
    return new ToolRun(exitCode, out.toString(), err.toString());
  }
}
