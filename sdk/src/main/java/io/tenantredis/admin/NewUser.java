package io.tenantredis.admin;

/**
 * A user with a password that was made for it.
 *
 * @param password the password, to be handed to the tenant's application and closed
 * @param report what became of it on every server
 */
public record NewUser(NewPassword password, ProvisioningReport report) implements AutoCloseable {

  /** Erases the password from memory. */
  @Override
  public void close() {
    password.close();
  }
}
