package io.tenantredis.spring;

import java.io.BufferedReader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A JVM of its own, for what would change the one of the tests. */
public final class ForkedJvm {

  private ForkedJvm() {}

  /**
   * Runs a main class to its end.
   *
   * @param options for the JVM
   * @param classPath its class path
   * @return what it printed, errors included
   * @throws AssertionError with what it printed, if it did not end well
   */
  public static List<String> run(
      List<String> options, String classPath, Class<?> main, List<String> arguments)
      throws Exception {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("-XX:TieredStopAtLevel=1");
    command.add("-Dfile.encoding=UTF-8");
    command.addAll(options);
    command.add("-cp");
    command.add(classPath);
    command.add(main.getName());
    command.addAll(arguments);
    Process jvm = new ProcessBuilder(command).redirectErrorStream(true).start();
    List<String> printed = new ArrayList<>();
    try (BufferedReader out = jvm.inputReader()) {
      for (String line = out.readLine(); line != null; line = out.readLine()) {
        printed.add(line);
      }
      if (!jvm.waitFor(60, TimeUnit.SECONDS) || jvm.exitValue() != 0) {
        throw new AssertionError(String.join("\n", printed));
      }
      return printed;
    } finally {
      jvm.destroyForcibly();
    }
  }
}
