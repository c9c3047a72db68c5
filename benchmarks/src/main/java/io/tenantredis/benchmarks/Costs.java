package io.tenantredis.benchmarks;

/**
 * What was measured, and is multiplied from here on: by {@link ServerFootprint} on Redis 7.0.15,
 * the dearest of the servers that were measured, and by the SDK's own {@code FootprintTest}.
 */
final class Costs {

  /** Of the server, for a user with the permissions that the README shows. */
  static final double BYTES_OF_USER = 770;

  /**
   * Of the server, for a connection without TLS that was used within the last seconds; of one that
   * rests it takes nine tenths back.
   */
  static final double BYTES_OF_CONNECTION = 20_100;

  /** Of the client's heap, for a tenant with its connection. */
  static final double HEAP_OF_CONNECTION = 9_973;

  /** {@code ACL SAVE}, during which the server answers nobody. */
  static final double SAVE_MILLIS_OF_1000_USERS = 695;

  /** Of the server's processor, for a connection that the SDK makes and verifies. */
  static final double CONNECT_MICROS = 83;

  /** The same with TLS. */
  static final double TLS_CONNECT_MICROS = 725;

  private Costs() {}
}
