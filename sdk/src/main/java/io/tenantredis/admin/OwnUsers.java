package io.tenantredis.admin;

/** The users that no method of this package changes: who they lock out cannot take it back. */
final class OwnUsers {

  private OwnUsers() {}

  static void refuse(AdminNodes nodes, String user) {
    if (user.equals("default") || user.equals(nodes.seed().text("ACL", "WHOAMI"))) {
      throw new IllegalArgumentException(
          "User "
              + user
              + " is not a tenant's: it is the server's default or the administrator's own.");
    }
  }
}
