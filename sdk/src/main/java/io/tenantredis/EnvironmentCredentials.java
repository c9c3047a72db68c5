package io.tenantredis;

import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * Passwords in environment variables, one for each tenant. Immutable and thread-safe.
 *
 * <p>The environment of a process does not change: rotating needs a restart.
 */
final class EnvironmentCredentials implements TenantCredentialsProvider {

  private final IdentityTemplate users;
  private final String head;
  private final String tail;
  private final Map<String, String> environment;

  EnvironmentCredentials(String userTemplate, String variable, Map<String, String> environment) {
    this.users = Templates.users(userTemplate);
    int at = Templates.placeholder(variable, "variable");
    this.head = variable.substring(0, at);
    this.tail = variable.substring(at + KeyPrefixTemplate.PLACEHOLDER.length());
    this.environment = environment;
  }

  @Override
  public CompletionStage<@Nullable TenantCredentials> credentials(TenantId tenant) {
    String name = variablePart(tenant);
    if (name == null) {
      return CompletableFuture.failedFuture(
          new IllegalArgumentException(
              "Tenant '"
                  + tenant
                  + "' has no environment variable of its own: only ids of a-z, 0-9 and '-' have one,"
                  + " so that no two tenants share one."));
    }
    String password = environment.get(head + name + tail);
    return CompletableFuture.completedFuture(
        password == null || password.isEmpty()
            ? null
            : TenantCredentials.of(users.userOf(tenant), password));
  }

  /** The id in upper case with '_' for '-'; null where another id would give the same. */
  private static @Nullable String variablePart(TenantId tenant) {
    StringBuilder name = new StringBuilder(tenant.value().length());
    for (char c : tenant.value().toCharArray()) {
      if (c >= 'a' && c <= 'z') {
        name.append((char) (c - 'a' + 'A'));
      } else if (c >= '0' && c <= '9') {
        name.append(c);
      } else if (c == '-') {
        name.append('_');
      } else {
        return null;
      }
    }
    return name.toString();
  }
}
