package io.tenantredis.admin.cli;

import io.tenantredis.admin.TenantRedisAdmin;
import java.io.File;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Which servers, and as whom. */
final class ServerOptions {

  static final String URI_VARIABLE = "TENANT_REDIS_ADMIN_URI";
  static final String PASSWORD_VARIABLE = "TENANT_REDIS_ADMIN_PASSWORD";

  @Spec(Spec.Target.MIXEE)
  private CommandSpec command = CommandSpec.create();

  @Option(
      names = "--uri",
      paramLabel = "URI",
      defaultValue = "${env:" + URI_VARIABLE + "}",
      description =
          "A server, redis://user@host:port or rediss:// for TLS. Default: $"
              + URI_VARIABLE
              + ". Keep the password out of the command line, others see it there: give it in the"
              + " variable, with --password-file, or in $"
              + PASSWORD_VARIABLE
              + ".")
  private @Nullable String uri;

  @Option(
      names = "--password-file",
      paramLabel = "FILE",
      description = "A file whose first line is the administrator's password.")
  private @Nullable Path passwordFile;

  @Option(
      names = "--timeout",
      paramLabel = "SECONDS",
      defaultValue = "10",
      description = "For connecting, and for each reply. Default: ${DEFAULT-VALUE}.")
  private int timeout;

  @Option(
      names = "--only-this-server",
      description = "Do not look for the other nodes of the cluster, or the primary and replicas.")
  private boolean onlyThisServer;

  @Option(
      names = "--save",
      description = "Let each server write its users to its aclfile after a change.")
  private boolean save;

  @Option(
      names = "--cacert",
      paramLabel = "FILE",
      description = "PEM file with the authorities to trust. Default: those of the JVM.")
  private @Nullable File authorities;

  @Option(
      names = "--cert",
      paramLabel = "FILE",
      description = "PEM file with the client's certificate.")
  private @Nullable File certificate;

  @Option(
      names = "--key",
      paramLabel = "FILE",
      description = "PEM file (PKCS #8) with the client's private key.")
  private @Nullable File key;

  boolean isGiven() {
    return uri != null && !uri.isEmpty();
  }

  TenantRedisAdmin connect() {
    return connect(
        new ServerLogin(
            command.commandLine(),
            "",
            URI_VARIABLE,
            PASSWORD_VARIABLE,
            uri,
            passwordFile,
            authorities,
            certificate,
            key));
  }

  /** Connects to other servers, in the same manner as to these. */
  TenantRedisAdmin connect(ServerLogin login) {
    return login
        .builder()
        .timeout(Duration.ofSeconds(timeout))
        .discoverNodes(!onlyThisServer)
        .saveAcl(save)
        .connect();
  }
}
