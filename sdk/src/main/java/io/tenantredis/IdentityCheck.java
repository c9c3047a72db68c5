package io.tenantredis;

/**
 * How a server is asked whose connection it is.
 *
 * <p>Both answers come from the server, for the very connection that is asked about, and both are
 * worth the same. One is chosen when the client is built: a server that refuses it gets no second
 * question.
 */
public enum IdentityCheck {

  /** {@code ACL WHOAMI}. The tenants' users need {@code +acl|whoami}. */
  ACL_WHOAMI("+acl|whoami"),

  /**
   * The user in the answer to {@code CLIENT INFO}, for managed services that give each tenant a
   * user and keep all of {@code ACL} to themselves. The tenants' users need {@code +client|info}.
   */
  CLIENT_INFO("+client|info");

  private final String permission;

  IdentityCheck(String permission) {
    this.permission = permission;
  }

  /**
   * What a tenant's user needs for it.
   *
   * @return a rule for {@code ACL SETUSER}
   */
  public String permission() {
    return permission;
  }
}
