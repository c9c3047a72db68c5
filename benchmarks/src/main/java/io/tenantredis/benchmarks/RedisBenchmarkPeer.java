package io.tenantredis.benchmarks;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The C benchmark tool of Redis, where the machine has it: what one connection with that many
 * commands in its pipeline can come to at most. It takes as many commands as it needs for about the
 * time of a slice, and its own figure.
 */
final class RedisBenchmarkPeer implements Peer {

  static final String NAME = "redis-benchmark";

  private static final Pattern RATE = Pattern.compile("\"GET[^\"]*\",\"([0-9.]+)\"");

  private final Path tool;
  private final BenchmarkServer server;
  private double lastRate = 100_000;

  private RedisBenchmarkPeer(Path tool, BenchmarkServer server) {
    this.tool = tool;
    this.server = server;
  }

  /** The tool on the PATH, or null. */
  static @Nullable RedisBenchmarkPeer find(BenchmarkServer server) {
    String path = System.getenv("PATH");
    return Stream.of(path == null ? new String[0] : path.split(":"))
        .map(directory -> Path.of(directory, NAME))
        .filter(Files::isExecutable)
        .findFirst()
        .map(tool -> new RedisBenchmarkPeer(tool, server))
        .orElse(null);
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public Load.@Nullable Work pipeline(Task task, int connections, int depth) {
    return task == Task.GET ? nanos -> run(connections, depth, nanos) : null;
  }

  private double run(int connections, int depth, long nanos) {
    long requests = Math.max(1_000, (long) (lastRate * nanos / 1e9));
    List<String> command =
        List.of(
            tool.toString(),
            "-h",
            server.host(),
            "-p",
            String.valueOf(server.port()),
            "--user",
            BenchmarkServer.user(BenchmarkServer.TENANT),
            "-a",
            BenchmarkServer.PASSWORD,
            "-c",
            String.valueOf(connections),
            "-P",
            String.valueOf(depth),
            "-n",
            String.valueOf(requests),
            "--csv",
            "GET",
            BenchmarkServer.PREFIX + "key:42");
    try {
      Process process =
          new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
      try (BufferedReader out =
          new BufferedReader(
              new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
        String text = String.join("\n", out.lines().toList());
        Matcher rate = RATE.matcher(text);
        if (!rate.find()) {
          throw new IllegalStateException(NAME + " printed no rate: " + text);
        }
        lastRate = Double.parseDouble(rate.group(1));
        return lastRate;
      }
    } catch (IOException failed) {
      throw new IllegalStateException(NAME + " did not run", failed);
    }
  }

  @Override
  public void close() {
    // Each run is a process of its own.
  }
}
