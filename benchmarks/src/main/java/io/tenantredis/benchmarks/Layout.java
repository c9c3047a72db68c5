package io.tenantredis.benchmarks;

/** How tenants lie on servers. */
enum Layout {
  /** Each tenant lives on one of several separate servers, which has the users of its tenants. */
  SERVERS,
  /**
   * A cluster whose prefix is a hash tag: each tenant lives on one node, and any node may be it.
   */
  CLUSTER_TAGGED,
  /** A cluster over which the keys of each tenant are spread. */
  CLUSTER_SPREAD;

  double connectionsOfInstance(double tenantsInUse, int servers) {
    return this == CLUSTER_SPREAD ? tenantsInUse * servers : tenantsInUse;
  }

  double connectionsOfServer(Demand demand, double tenantsInUse, int servers) {
    return demand.instances() * connectionsOfInstance(tenantsInUse, servers) / servers;
  }

  /** Users are not replicated, and a slot may move to any node. */
  double usersOfServer(Demand demand, int servers) {
    return this == SERVERS ? (double) demand.tenants() / servers : demand.tenants();
  }
}
