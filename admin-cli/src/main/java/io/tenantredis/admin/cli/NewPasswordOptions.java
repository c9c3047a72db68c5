package io.tenantredis.admin.cli;

import io.tenantredis.admin.NewPassword;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Where a new password goes: servers keep a hash only, so it must go somewhere. */
final class NewPasswordOptions {

  @Spec(Spec.Target.MIXEE)
  private CommandSpec command = CommandSpec.create();

  @Option(
      names = "--new-password-file",
      paramLabel = "FILE",
      description = "Write the new password to a new file that only its owner may read.")
  private @Nullable Path file;

  @Option(
      names = "--print-password",
      description = "Print the new password as the last line of standard output.")
  private boolean printed;

  private boolean written;

  /** Before anything is changed: somebody must get the password, and the file must be writable. */
  void check() {
    if (file == null && !printed) {
      throw new ParameterException(
          command.commandLine(),
          "Say where the new password goes: --new-password-file FILE or --print-password.");
    }
    if (file != null) {
      create(file);
    }
  }

  boolean isPrinted() {
    return printed;
  }

  @Nullable Path write(NewPassword password) {
    if (file == null) {
      return null;
    }
    try {
      written = true;
      Files.writeString(file, new String(password.reveal()) + "\n", StandardOpenOption.WRITE);
      return file;
    } catch (IOException e) {
      throw new UncheckedIOException(
          "The user has its new password, but it could not be written to "
              + file
              + ": run rotate with another file.",
          e);
    }
  }

  /** Removes the file that no password came into, so that the command can be repeated. */
  void discardUnused() {
    if (file != null && !written) {
      try {
        Files.deleteIfExists(file);
      } catch (IOException e) {
        command.commandLine().getErr().println("The empty file " + file + " could not be removed.");
      }
    }
  }

  private void create(Path newFile) {
    FileAttribute<?>[] attributes =
        FileSystems.getDefault().supportedFileAttributeViews().contains("posix")
            ? new FileAttribute<?>[] {
              PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"))
            }
            : new FileAttribute<?>[0];
    try {
      Files.createFile(newFile, attributes);
    } catch (IOException e) {
      throw new ParameterException(
          command.commandLine(),
          "The file " + newFile + " cannot be created (or exists already): name another.");
    }
  }
}
