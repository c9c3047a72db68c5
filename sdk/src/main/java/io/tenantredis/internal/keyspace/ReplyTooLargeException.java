package io.tenantredis.internal.keyspace;

/** A reply announces more elements than anybody would receive, for which memory would be kept. */
public final class ReplyTooLargeException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  ReplyTooLargeException(long elements) {
    super("A reply announces " + elements + " elements", null, false, false);
  }
}
