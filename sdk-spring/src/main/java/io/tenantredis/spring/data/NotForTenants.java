package io.tenantredis.spring.data;

import org.springframework.dao.InvalidDataAccessApiUsageException;

/** What Spring Data offers on a cluster that is no tenant's to do, and why. */
final class NotForTenants {

  private NotForTenants() {}

  /** It is sent to one node, and to whatever is there. */
  static InvalidDataAccessApiUsageException onNode(String method) {
    return new InvalidDataAccessApiUsageException(
        "'"
            + method
            + "' addresses a node, which holds the keys of all tenants: use the same method without a node, which reaches the"
            + " tenant's keys wherever they are, or the operator's tools.");
  }

  static InvalidDataAccessApiUsageException change(String method) {
    return new InvalidDataAccessApiUsageException(
        "'" + method + "' changes the cluster for every tenant: use the operator's tools.");
  }

  static InvalidDataAccessApiUsageException view(String method) {
    return new InvalidDataAccessApiUsageException(
        "'"
            + method
            + "' tells of the keys or the traffic of every tenant: ask for the tenant's own keys, or use the operator's tools.");
  }
}
