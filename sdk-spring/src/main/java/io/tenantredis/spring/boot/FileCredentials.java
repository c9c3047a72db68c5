package io.tenantredis.spring.boot;

import io.tenantredis.TenantCredentials;
import io.tenantredis.TenantCredentialsProvider;
import io.tenantredis.TenantId;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Properties;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.springframework.core.io.Resource;

/**
 * Credentials in a properties file, {@code tenant=password} or {@code tenant=user:password}, read
 * anew for each connection, so that a mounted secret that changes is used by the next one.
 */
final class FileCredentials implements TenantCredentialsProvider {

  private final Resource file;
  private final Function<TenantId, String> userOf;

  FileCredentials(Resource file, Function<TenantId, String> userOf) {
    this.file = file;
    this.userOf = userOf;
  }

  @Override
  public CompletionStage<@Nullable TenantCredentials> credentials(TenantId tenant) {
    // Not on the caller's thread: reading a file may block.
    return CompletableFuture.supplyAsync(() -> read(tenant));
  }

  private @Nullable TenantCredentials read(TenantId tenant) {
    Properties passwords = new Properties();
    try (Reader reader = new InputStreamReader(file.getInputStream(), StandardCharsets.UTF_8)) {
      passwords.load(reader);
    } catch (IOException unreadable) {
      throw new UncheckedIOException(unreadable);
    }
    String entry = passwords.getProperty(tenant.value());
    if (entry == null) {
      return null;
    }
    int colon = entry.indexOf(':');
    return colon < 0
        ? TenantCredentials.of(userOf.apply(tenant), entry)
        : TenantCredentials.of(entry.substring(0, colon), entry.substring(colon + 1));
  }
}
