package io.tenantredis.admin.cli;

import io.lettuce.core.RedisURI;
import io.lettuce.core.SslOptions;
import io.tenantredis.admin.TenantRedisAdmin;
import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;

/**
 * An administrator's way to a server, as the options say it.
 *
 * @param part what the names of the options begin with behind the dashes, such as {@code target-}
 * @param uriVariable the environment variable that holds the URI if no option does
 * @param passwordVariable the same for the password
 */
record ServerLogin(
    CommandLine commandLine,
    String part,
    String uriVariable,
    String passwordVariable,
    @Nullable String uri,
    @Nullable Path passwordFile,
    @Nullable File authorities,
    @Nullable File certificate,
    @Nullable File key) {

  TenantRedisAdmin.Builder builder() {
    if (uri == null || uri.isEmpty()) {
      throw wrong("Name a server: " + option("uri") + ", or $" + uriVariable + ".");
    }
    RedisURI parsed = parse(uri);
    boolean tlsOptions = authorities != null || certificate != null || key != null;
    if (tlsOptions && !parsed.isSsl()) {
      throw wrong(
          option("cacert")
              + ", "
              + option("cert")
              + " and "
              + option("key")
              + " are for TLS: write rediss://.");
    }
    TenantRedisAdmin.Builder builder = TenantRedisAdmin.builder(parsed);
    return tlsOptions ? builder.sslOptions(sslOptions()) : builder;
  }

  private String option(String name) {
    return "--" + part + name;
  }

  private ParameterException wrong(String message) {
    return new ParameterException(commandLine, message);
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
        throw wrong(
            "The URI names a user without a password: give it with "
                + option("password-file")
                + " or in $"
                + passwordVariable
                + ".");
      }
      int colon = userInfo.indexOf(':');
      return withLogin(
          RedisURI.create(given), colon < 0 ? userInfo : userInfo.substring(0, colon), password);
    } catch (IllegalArgumentException malformed) {
      throw wrong("The URI cannot be read: write redis://user@host:port, or rediss:// for TLS.");
    }
  }

  private static RedisURI withLogin(RedisURI uri, String user, String password) {
    return RedisURI.builder(uri).withAuthentication(user, password.toCharArray()).build();
  }

  private @Nullable String password() {
    if (passwordFile == null) {
      String variable = System.getenv(passwordVariable);
      return variable == null || variable.isEmpty() ? null : variable;
    }
    try {
      return Files.readAllLines(passwordFile).stream()
          .findFirst()
          .filter(line -> !line.isEmpty())
          .orElseThrow(
              () -> wrong("The first line of the password file is empty: " + passwordFile));
    } catch (IOException e) {
      throw wrong("The password file cannot be read: " + passwordFile);
    }
  }

  private SslOptions sslOptions() {
    SslOptions.Builder options = SslOptions.builder();
    if (authorities != null) {
      options.trustManager(authorities);
    }
    if ((certificate == null) != (key == null)) {
      throw wrong(option("cert") + " and " + option("key") + " need each other.");
    }
    if (certificate != null) {
      options.keyManager(certificate, key, new char[0]);
    }
    return options.build();
  }
}
