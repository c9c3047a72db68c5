package io.tenantredis.benchmarks;

/** Results that are shown together. */
enum Group {
  CALLS("calls", "Blocking calls"),
  IN_FLIGHT("in-flight", "Many operations in flight"),
  BATCHES("batches", "Large commands, pipelines and transactions"),
  TENANTS("tenants", "Many tenants"),
  SETTINGS("settings", "Metrics, retries, TLS and Spring"),
  CLUSTER("cluster", "Redis Cluster of three masters"),
  NEIGHBOURS("neighbours", "A neighbour that misbehaves");

  private final String fileName;
  private final String title;

  Group(String fileName, String title) {
    this.fileName = fileName;
    this.title = title;
  }

  /** The name of its picture, without what it ends in. */
  String fileName() {
    return fileName;
  }

  String title() {
    return title;
  }
}
