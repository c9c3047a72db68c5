package io.tenantredis.internal.connection;

/** No Sentinel named the primary. */
final class PrimaryUnknown extends RuntimeException {

  private static final long serialVersionUID = 1L;

  PrimaryUnknown(String name, Throwable cause) {
    super("no Sentinel named the primary " + name, cause);
  }
}
