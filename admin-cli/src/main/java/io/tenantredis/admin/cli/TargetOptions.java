package io.tenantredis.admin.cli;

import io.tenantredis.admin.TenantRedisAdmin;
import java.io.File;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Where a tenant moves to, and as whom. */
final class TargetOptions {

  static final String URI_VARIABLE = "TENANT_REDIS_TARGET_URI";
  static final String PASSWORD_VARIABLE = "TENANT_REDIS_TARGET_PASSWORD";

  @Spec(Spec.Target.MIXEE)
  private CommandSpec command = CommandSpec.create();

  @Option(
      names = "--target-uri",
      paramLabel = "URI",
      defaultValue = "${env:" + URI_VARIABLE + "}",
      description =
          "A server to move to, as --uri. Default: $"
              + URI_VARIABLE
              + ". Its password: there, with --target-password-file, or in $"
              + PASSWORD_VARIABLE
              + ".")
  private @Nullable String uri;

  @Option(
      names = "--target-password-file",
      paramLabel = "FILE",
      description = "A file whose first line is the administrator's password there.")
  private @Nullable Path passwordFile;

  @Option(
      names = "--target-cacert",
      paramLabel = "FILE",
      description = "PEM file with the authorities to trust there. Default: those of the JVM.")
  private @Nullable File authorities;

  @Option(
      names = "--target-cert",
      paramLabel = "FILE",
      description = "PEM file with the client's certificate there.")
  private @Nullable File certificate;

  @Option(
      names = "--target-key",
      paramLabel = "FILE",
      description = "PEM file (PKCS #8) with the client's private key there.")
  private @Nullable File key;

  /** Connects with the source's timeout, and as it to all nodes or to one. */
  TenantRedisAdmin connect(ServerOptions source) {
    return source.connect(
        new ServerLogin(
            command.commandLine(),
            "target-",
            URI_VARIABLE,
            PASSWORD_VARIABLE,
            uri,
            passwordFile,
            authorities,
            certificate,
            key));
  }
}
