package io.tenantredis.internal.pool;

/** Never thrown: the stack trace of who leased a connection. */
final class BorrowedHereException extends Exception {

  private static final long serialVersionUID = 1L;

  BorrowedHereException() {
    super("leased here");
  }
}
