package io.tenantredis.benchmarks;

/**
 * Tenants and the instances of an application that serves them.
 *
 * @param tenants how many there are
 * @param instances how many there are
 * @param requestsPerSecond of one instance
 * @param idleSeconds after how long without a command an instance forgets a tenant
 * @param instancesOfTenant among how many instances the requests of one tenant are shared; all of
 *     them, where requests go anywhere
 * @param skew how much more the first tenants ask for than the last: the tenant at place n asks for
 *     1 / n to the power of this; 0 when all ask for the same
 */
record Demand(
    int tenants,
    int instances,
    double requestsPerSecond,
    double idleSeconds,
    int instancesOfTenant,
    double skew) {

  /**
   * How many tenants one instance holds connections for, on average: those that sent it a command
   * within the idle time. Requests are taken to be independent of each other.
   */
  double tenantsInUse() {
    double sum = 0;
    for (int place = 1; place <= tenants; place++) {
      sum += weight(place);
    }
    double requests = requestsPerSecond * instances * idleSeconds / instancesOfTenant;
    double inUse = 0;
    for (int place = 1; place <= tenants; place++) {
      inUse -= StrictMath.expm1(-requests * weight(place) / sum);
    }
    return inUse * instancesOfTenant / instances;
  }

  private double weight(int place) {
    return skew == 0 ? 1 : StrictMath.pow(place, -skew);
  }
}
