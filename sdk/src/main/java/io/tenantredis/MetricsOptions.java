package io.tenantredis;

import java.util.Objects;

/**
 * What a {@link TenantRedis} registers with its meter registry. Every meter is listed in
 * METRICS.md. Immutable and thread-safe.
 */
public final class MetricsOptions {

  private final String name;
  private final TenantTags tenants;
  private final boolean histograms;

  private MetricsOptions(Builder builder) {
    this.name = builder.name;
    this.tenants = builder.tenants;
    this.histograms = builder.histograms;
  }

  /**
   * Starts with the defaults.
   *
   * @return a builder
   */
  public static Builder builder() {
    return new Builder();
  }

  /**
   * Starts with these options.
   *
   * @return a builder
   */
  public Builder toBuilder() {
    return new Builder().name(name).tenants(tenants).histograms(histograms);
  }

  /**
   * What tells this client from others that use the same registry.
   *
   * @return the name
   */
  public String name() {
    return name;
  }

  /**
   * Which tenants have meters of their own.
   *
   * @return the policy
   */
  public TenantTags tenants() {
    return tenants;
  }

  /**
   * Whether timers publish histograms.
   *
   * @return whether they do
   */
  public boolean histograms() {
    return histograms;
  }

  /** Configures {@link MetricsOptions}. Not thread-safe. */
  public static final class Builder {

    private String name = "tenant-redis";
    private TenantTags tenants = TenantTags.busiest(TenantTags.DEFAULT_BUSIEST);
    private boolean histograms;

    private Builder() {}

    /**
     * What tells this client from others that use the same registry: the value of {@code
     * db.client.connection.pool.name} on each of its meters. If another client there has the same
     * name, {@code -2}, {@code -3} and so on is appended. Default: {@code tenant-redis}.
     *
     * @param name 1 to 64 letters, digits, dots, dashes and underscores
     * @return this builder
     * @throws IllegalArgumentException if it is anything else
     */
    public Builder name(String name) {
      if (!name.matches("[A-Za-z0-9._-]{1,64}")) {
        throw new IllegalArgumentException(
            "The name of a client in metrics is 1 to 64 letters, digits, dots, dashes and"
                + " underscores.");
      }
      this.name = name;
      return this;
    }

    /**
     * Which tenants have meters of their own. Default: the {@value TenantTags#DEFAULT_BUSIEST}
     * busiest.
     *
     * @param tenants the policy
     * @return this builder
     */
    public Builder tenants(TenantTags tenants) {
      this.tenants = Objects.requireNonNull(tenants, "tenants");
      return this;
    }

    /**
     * Whether the command and connection timers publish histograms, with the bucket boundaries that
     * OpenTelemetry advises: 1, 5, 10, 50, 100 and 500 milliseconds, 1, 5 and 10 seconds. That
     * makes about ten time series of one. Default: false.
     *
     * @param histograms whether they do
     * @return this builder
     */
    public Builder histograms(boolean histograms) {
      this.histograms = histograms;
      return this;
    }

    /**
     * The options.
     *
     * @return the options
     */
    public MetricsOptions build() {
      return new MetricsOptions(this);
    }
  }
}
