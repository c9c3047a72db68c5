package io.tenantredis.spring.boot;

import io.tenantredis.FileCredentials;
import io.tenantredis.InvalidTenantIdException;
import io.tenantredis.TenantCredentials;
import io.tenantredis.TenantCredentialsProvider;
import io.tenantredis.TenantId;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The credentials that the properties say, from one of three sources. Closed after the client that
 * uses them.
 */
final class ConfiguredCredentials implements AutoCloseable {

  private static final String PREFIX = "tenant-redis.credentials.";

  private final TenantRedisProperties properties;
  private @Nullable FileCredentials files;

  ConfiguredCredentials(TenantRedisProperties properties) {
    this.properties = properties;
  }

  /** The provider; null where the properties say nothing, or what cannot be used. */
  @Nullable TenantCredentialsProvider open(Problems problems) {
    List<String> sources = sources();
    if (sources.size() > 1) {
      problems.add(String.join(" and ", sources) + " are all set: keep one.");
      return null;
    }
    TenantRedisProperties.Credentials source = properties.credentials();
    String identity = properties.identity();
    if (!source.users().isEmpty()) {
      return TenantCredentialsProvider.of(users(source.users(), problems));
    }
    if (identity == null) {
      // A missing identity is reported by the client's builder.
      return null;
    }
    String file = source.file();
    if (file != null) {
      files =
          problems.built(
              PREFIX + "file",
              () ->
                  FileCredentials.builder(identity, file).interval(source.fileInterval()).build());
      return files;
    }
    String variable = source.environmentVariable();
    return variable == null
        ? null
        : problems.built(
            PREFIX + "environment-variable",
            () -> TenantCredentialsProvider.ofEnvironment(identity, variable));
  }

  private List<String> sources() {
    TenantRedisProperties.Credentials source = properties.credentials();
    List<String> sources = new ArrayList<>();
    if (!source.users().isEmpty()) {
      sources.add(PREFIX + "users");
    }
    if (source.file() != null) {
      sources.add(PREFIX + "file");
    }
    if (source.environmentVariable() != null) {
      sources.add(PREFIX + "environment-variable");
    }
    return sources;
  }

  private Map<TenantId, TenantCredentials> users(
      Map<String, TenantRedisProperties.User> configured, Problems problems) {
    Map<TenantId, TenantCredentials> users = new HashMap<>();
    configured.forEach(
        (name, user) -> {
          try {
            TenantId tenant = TenantId.of(name);
            if (user.password() == null) {
              problems.add(PREFIX + "users." + name + ".password is missing: set it.");
              return;
            }
            String username = user.username() == null ? properties.userOf(tenant) : user.username();
            users.put(tenant, TenantCredentials.of(username, user.password()));
          } catch (InvalidTenantIdException invalid) {
            problems.add(PREFIX + "users has a tenant with an invalid id: " + invalid.getMessage());
          }
        });
    return users;
  }

  @Override
  public void close() {
    if (files != null) {
      files.close();
    }
  }
}
