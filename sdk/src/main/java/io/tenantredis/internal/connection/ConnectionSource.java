package io.tenantredis.internal.connection;

import io.tenantredis.TenantConnectionException;
import io.tenantredis.TenantCredentials;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** Where a tenant's verified connections come from. Thread-safe; nothing here blocks. */
public interface ConnectionSource {

  /**
   * Connects as the tenant and asks the server whose connection it is, as soon as fewer attempts
   * are under way than may be.
   *
   * @param identity the tenant and the user that the server must name
   * @return a stage with the connection, or failed with a {@link TenantConnectionException}
   */
  CompletableFuture<VerifiedConnection> connect(TenantIdentity identity);

  /**
   * A connection of this source does from now on what its kind is for, in place of any before it.
   */
  default void inUse(VerifiedConnection connection) {}

  /**
   * Why no connection is made for commands until further notice.
   *
   * @return what a command that waits for it fails with when its time is over; null if they are
   *     made
   */
  default @Nullable RuntimeException heldBack() {
    return null;
  }

  /**
   * A tenant's credentials of now.
   *
   * @return a stage with them, or with null where the application runs without ACL users; failed if
   *     the provider has none, or none within the connect timeout
   */
  CompletionStage<@Nullable TenantCredentials> credentials(TenantIdentity identity);

  /**
   * Asks the server again whose a live connection is. One that does not answer in time is taken out
   * of use.
   *
   * @return a stage that fails with a {@link io.tenantredis.TenantIdentityException} when the
   *     server does not say that it is the tenant's, and is closed; with another exception when it
   *     said nothing
   */
  CompletionStage<Void> reverify(VerifiedConnection connection);
}
