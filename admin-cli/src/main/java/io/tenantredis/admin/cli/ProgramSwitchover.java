package io.tenantredis.admin.cli;

import io.tenantredis.TenantId;
import io.tenantredis.admin.Switchover;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * Lets a program tell the applications. It gets a word, what to do, and the tenant; what it prints
 * to its error output is shown; it does not get the administrators' passwords from this process's
 * environment.
 *
 * @param program what to start, without a shell
 * @param patience for each call, after which it is ended
 */
record ProgramSwitchover(Path program, Duration patience) implements Switchover {

  /** The program did not do it. */
  static final class Failure extends RuntimeException {

    private static final long serialVersionUID = 1L;

    Failure(String message) {
      super(message);
    }
  }

  @Override
  public void hold(TenantId tenant) {
    call("hold", tenant);
  }

  @Override
  public void switchOver(TenantId tenant) {
    call("switch-over", tenant);
  }

  @Override
  public void release(TenantId tenant) {
    call("release", tenant);
  }

  private void call(String word, TenantId tenant) {
    ProcessBuilder builder =
        new ProcessBuilder(program.toAbsolutePath().toString(), word, tenant.value())
            .redirectOutput(Redirect.DISCARD)
            .redirectError(Redirect.INHERIT);
    builder.environment().remove(ServerOptions.PASSWORD_VARIABLE);
    builder.environment().remove(TargetOptions.PASSWORD_VARIABLE);
    builder.environment().remove(ServerOptions.URI_VARIABLE);
    builder.environment().remove(TargetOptions.URI_VARIABLE);
    Process process;
    try {
      process = builder.start();
      process.getOutputStream().close();
    } catch (IOException e) {
      throw new UncheckedIOException("Program " + program + " cannot be started.", e);
    }
    try {
      if (!process.waitFor(patience.toMillis(), TimeUnit.MILLISECONDS)) {
        throw failure(word, tenant, "did not end within " + patience.toSeconds() + " s");
      }
      if (process.exitValue() != 0) {
        throw failure(word, tenant, "ended with " + process.exitValue());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw failure(word, tenant, "was interrupted");
    } finally {
      process.destroyForcibly();
    }
  }

  private Failure failure(String word, TenantId tenant, String what) {
    return new Failure("'" + program + " " + word + " " + tenant.value() + "' " + what + ".");
  }
}
