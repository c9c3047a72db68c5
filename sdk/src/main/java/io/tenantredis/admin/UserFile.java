package io.tenantredis.admin;

/** Whether servers write their users to their {@code aclfile} after a change. */
record UserFile(boolean isKept) {

  /**
   * Lets the server write its users, where that is wanted.
   *
   * @return what to add to the report
   * @throws AdminException if the server cannot; it knows the users as they are until it restarts
   */
  String save(AdminNode node) {
    if (!isKept) {
      return "";
    }
    try {
      node.ask("ACL", "SAVE");
      return ", saved";
    } catch (AdminException e) {
      throw new AdminException("as wanted until it restarts, but not saved: " + e.getMessage(), e);
    }
  }
}
