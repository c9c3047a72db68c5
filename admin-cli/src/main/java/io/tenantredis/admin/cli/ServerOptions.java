package io.tenantredis.admin.cli;

import io.lettuce.core.RedisURI;
import io.lettuce.core.SslOptions;
import io.tenantredis.admin.TenantRedisAdmin;
import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
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
    String given = uri;
    if (given == null || given.isEmpty()) {
      throw new ParameterException(
          command.commandLine(), "Name a server: --uri, or $" + URI_VARIABLE + ".");
    }
    RedisURI parsed = parse(given);
    boolean tlsOptions = authorities != null || certificate != null || key != null;
    if (tlsOptions && !parsed.isSsl()) {
      throw new ParameterException(
          command.commandLine(), "--cacert, --cert and --key are for TLS: write rediss://.");
    }
    TenantRedisAdmin.Builder builder =
        TenantRedisAdmin.builder(parsed)
            .timeout(Duration.ofSeconds(timeout))
            .discoverNodes(!onlyThisServer)
            .saveAcl(save);
    if (tlsOptions) {
      builder.sslOptions(sslOptions());
    }
    return builder.connect();
  }

  /**
   * Reads the URI. Lettuce takes a user without a password for a password, and repeats the text in
   * its messages; it may hold a password.
   */
  private RedisURI parse(String given) {
    try {
      String userInfo = URI.create(given).getUserInfo();
      String password = password();
      if (userInfo == null || (password == null && userInfo.indexOf(':') >= 0)) {
        RedisURI parsed = RedisURI.create(given);
        return password == null ? parsed : withLogin(parsed, "default", password);
      }
      if (password == null) {
        throw new ParameterException(
            command.commandLine(),
            "The URI names a user without a password: give it with --password-file or in $"
                + PASSWORD_VARIABLE
                + ".");
      }
      int colon = userInfo.indexOf(':');
      return withLogin(
          RedisURI.create(given), colon < 0 ? userInfo : userInfo.substring(0, colon), password);
    } catch (IllegalArgumentException malformed) {
      throw new ParameterException(
          command.commandLine(),
          "The URI cannot be read: write redis://user@host:port, or rediss:// for TLS.");
    }
  }

  private static RedisURI withLogin(RedisURI uri, String user, String password) {
    return RedisURI.builder(uri).withAuthentication(user, password.toCharArray()).build();
  }

  private @Nullable String password() {
    if (passwordFile == null) {
      String variable = System.getenv(PASSWORD_VARIABLE);
      return variable == null || variable.isEmpty() ? null : variable;
    }
    try {
      return Files.readAllLines(passwordFile).stream()
          .findFirst()
          .filter(line -> !line.isEmpty())
          .orElseThrow(
              () ->
                  new ParameterException(
                      command.commandLine(),
                      "The first line of the password file is empty: " + passwordFile));
    } catch (IOException e) {
      throw new ParameterException(
          command.commandLine(), "The password file cannot be read: " + passwordFile);
    }
  }

  private SslOptions sslOptions() {
    SslOptions.Builder options = SslOptions.builder();
    if (authorities != null) {
      options.trustManager(authorities);
    }
    if ((certificate == null) != (key == null)) {
      throw new ParameterException(command.commandLine(), "--cert and --key need each other.");
    }
    if (certificate != null) {
      options.keyManager(certificate, key, new char[0]);
    }
    return options.build();
  }
}
