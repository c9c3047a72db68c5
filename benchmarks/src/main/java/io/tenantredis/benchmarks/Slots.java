package io.tenantredis.benchmarks;

/** Where the tenant's keys are in a cluster. */
enum Slots {
  /** All in one slot, by a hash tag in the prefix, and so on one node. */
  ONE("tagged", "keys of one slot", "tenant:{{tenant}}:", "tenant:{acme}:"),
  /** Spread over all nodes. */
  ALL("spread", "keys of all slots", "tenant:{tenant}:", "tenant:acme:");

  private final String label;
  private final String description;
  private final String template;
  private final String prefix;

  Slots(String label, String description, String template, String prefix) {
    this.label = label;
    this.description = description;
    this.template = template;
    this.prefix = prefix;
  }

  /** In names of measures. */
  String label() {
    return label;
  }

  /** For people. */
  String description() {
    return description;
  }

  /** What the SDK makes a tenant's prefix of. */
  String template() {
    return template;
  }

  /** What that comes to for {@link BenchmarkServer#TENANT}. */
  String prefix() {
    return prefix;
  }
}
