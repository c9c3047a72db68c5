package io.tenantredis;

import io.lettuce.core.RedisURI;
import io.lettuce.core.SslVerifyMode;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Where a tenant lives. Two endpoints with the same URI are the same one: their tenants share its
 * circuit breaker. Immutable and thread-safe.
 */
public final class TenantEndpoint {

  private static final TenantEndpoint SHARED = new TenantEndpoint("shared", null);
  private static final TenantEndpoint HELD = new TenantEndpoint("held", null);

  private final String kind;
  private final @Nullable String uri;

  private TenantEndpoint(String kind, @Nullable String uri) {
    this.kind = kind;
    this.uri = uri;
  }

  /**
   * The server that the client was built with.
   *
   * @return the endpoint
   */
  public static TenantEndpoint shared() {
    return SHARED;
  }

  /**
   * A server of its own, or that of a tier. TLS is as the client's {@link TlsOptions} say,
   * Sentinels are asked with its {@code sentinelCredentials}, and the database must be the
   * client's.
   *
   * @param redisUri {@code redis://host:port}, {@code rediss://host:port} for TLS, or {@code
   *     redis-sentinel://host:port,host:port#name}
   * @return the endpoint
   * @throws IllegalArgumentException if the URI cannot be read, names no host, holds credentials,
   *     or switches the check of certificates off; the message does not repeat it
   */
  public static TenantEndpoint of(String redisUri) {
    RedisURI uri;
    try {
      uri = RedisURI.create(redisUri);
    } catch (RuntimeException malformed) {
      throw new IllegalArgumentException(
          "The endpoint's URI cannot be read: write redis://host:port, or rediss://host:port for"
              + " TLS.");
    }
    if (uri.getHost() == null && uri.getSentinels().isEmpty()) {
      throw new IllegalArgumentException(
          "The endpoint's URI names no host: write redis://host:port.");
    }
    if (redisUri.indexOf('@') >= 0) {
      throw new IllegalArgumentException(
          "The endpoint's URI holds credentials, which no tenant would use: remove them. The"
              + " tenants' come from credentials(...), wherever a tenant lives.");
    }
    if (uri.isSsl() && uri.getVerifyMode() == SslVerifyMode.NONE) {
      throw new IllegalArgumentException(
          "The endpoint's URI switches the check of the server's certificate off: remove verifyPeer"
              + " and trust the server's authority with tls(...).");
    }
    return new TenantEndpoint("own", redisUri);
  }

  /**
   * Nowhere for a moment, while the tenant's data is brought from one server to another: new
   * commands wait, each no longer than its own timeout, those in flight end, and then the
   * connections are closed. Subscriptions stay where they are.
   *
   * @return the endpoint
   */
  public static TenantEndpoint held() {
    return HELD;
  }

  /**
   * Where the server is, if it is not the shared one.
   *
   * @return the URI, without credentials; null for {@link #shared()} and {@link #held()}
   */
  public @Nullable String uri() {
    return uri;
  }

  /**
   * Whether the tenant's commands wait.
   *
   * @return whether this is {@link #held()}
   */
  public boolean isHeld() {
    return equals(HELD);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof TenantEndpoint that
        && kind.equals(that.kind)
        && Objects.equals(uri, that.uri);
  }

  @Override
  public int hashCode() {
    return Objects.hash(kind, uri);
  }

  /** The URI, which holds no secret, or which kind it is. */
  @Override
  public String toString() {
    return uri == null ? kind : uri;
  }
}
