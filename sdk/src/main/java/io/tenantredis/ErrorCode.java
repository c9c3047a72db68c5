package io.tenantredis;

/**
 * The stable code of a failure, for alerts, dashboards and support. Codes are never reused; new
 * ones may be added.
 *
 * <p>{@code SEC} codes concern the wall between tenants and who may pass it, {@code TR} codes
 * everything else.
 */
public enum ErrorCode {
  /** The server asks for authentication. */
  SEC001("NOAUTH"),
  /** The server knows no such user with this password, or the user is off. */
  SEC002("WRONGPASS"),
  /** The server's ACL does not permit the command, key or channel. */
  SEC003("NOPERM"),
  /** No TLS connection: untrusted, expired or wrong certificate, or no common protocol version. */
  SEC004("TLS"),
  /** The server is in protected mode. */
  SEC005("PROTECTED_MODE"),
  /** The server says that the connection belongs to another user than the tenant's. */
  SEC006("IDENTITY_MISMATCH"),
  /** The server did not say whose connection it is: the question is not permitted or not known. */
  SEC007("IDENTITY_UNVERIFIED"),
  /** The guard refused the command before anything was sent. */
  SEC008("COMMAND_REFUSED"),
  /** A reply held a name outside the tenant's prefix. */
  SEC009("ISOLATION_VIOLATION"),
  /** The credentials provider, or TenantEndpoints, knows no such tenant. */
  SEC010("UNKNOWN_TENANT"),

  /** The server answered with an error: a wrong type, a syntax error, a script's error. */
  TR001("SERVER_ERROR"),
  /**
   * The server cannot serve the command now: LOADING, BUSY, CLUSTERDOWN, MASTERDOWN, READONLY, too
   * many clients.
   */
  TR002("SERVER_UNAVAILABLE"),
  /** No reply within the command's timeout. */
  TR003("TIMEOUT"),
  /** The connection was lost before the reply. */
  TR004("CONNECTION_LOST"),
  /** No connection could be made. */
  TR005("CONNECT_FAILED"),
  /** The tenant has as many commands in flight as it may have. */
  TR006("BULKHEAD_FULL"),
  /** The tenant's circuit breaker is open. */
  TR007("CIRCUIT_OPEN"),
  /** The tenant sends more commands than its rate limit permits. */
  TR008("RATE_LIMITED"),
  /** The client was closed. */
  TR009("CLOSED"),
  /** No dedicated connection became free in time. */
  TR010("POOL_EXHAUSTED"),
  /** The credentials provider failed. */
  TR011("CREDENTIALS_UNAVAILABLE"),
  /**
   * There are as many connections, or attempts to connect, as there may be, and none became free in
   * time.
   */
  TR012("CONNECTIONS_EXHAUSTED"),
  /** The slots of a cluster are on the move: MOVED, ASK, TRYAGAIN and the like. */
  TR013("SLOT_MOVED"),
  /** The server refuses writes until somebody helps it: OOM, MISCONF, NOREPLICAS. */
  TR014("WRITES_REFUSED"),
  /** The reply arrived but could not be turned into the result: see the cause. */
  TR015("REPLY_UNREADABLE"),
  /** It is not known where the tenant lives: TenantEndpoints failed, or holds the tenant. */
  TR016("ENDPOINT_UNAVAILABLE");

  private final String label;

  ErrorCode(String label) {
    this.label = label;
  }

  /**
   * A short upper-case name of the cause.
   *
   * @return the name, for example {@code NOPERM}
   */
  public String label() {
    return label;
  }
}
