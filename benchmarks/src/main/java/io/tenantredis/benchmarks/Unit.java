package io.tenantredis.benchmarks;

/** What a figure counts, and whether one wants more or less of it. */
enum Unit {
  OPERATIONS("operations/s", true),
  TENANTS("tenants/s", true),
  KEYS("keys/s", true),
  BYTES("bytes a tenant", false),
  THREADS("threads", false),
  MICROSECONDS("µs", false);

  private final String label;
  private final boolean moreIsBetter;

  Unit(String label, boolean moreIsBetter) {
    this.label = label;
    this.moreIsBetter = moreIsBetter;
  }

  String label() {
    return label;
  }

  boolean moreIsBetter() {
    return moreIsBetter;
  }
}
