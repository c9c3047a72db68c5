package io.tenantredis.admin;

import java.nio.file.Path;

/** Is told what an {@link AclLogReader} found. Called on the thread that polls; may block it. */
public interface AclLogListener {

  /**
   * A server denied something.
   *
   * @param denial what
   */
  void denied(AclDenial denial);

  /**
   * A server denied things that cannot be named any more.
   *
   * @param loss how many
   */
  void lost(AclLogLoss loss);

  /**
   * Everything that this poll of a server found has been told.
   *
   * @param node the server, host and port
   */
  default void polled(String node) {}

  /**
   * Writes warnings to the SLF4J logger {@code io.tenantredis.acllog}, one for each tenant and
   * reason that a poll of a server finds: tenant, reason, count and the last address. Names no key,
   * and nobody at denied logins, where anything may have been typed as a name.
   *
   * @return the listener
   */
  static AclLogListener logging() {
    return new LoggingAclLogListener();
  }

  /**
   * Appends a JSON object in a line of its own for each denial and loss. The file holds names of
   * keys, channels and users; where the file system can, only its owner may read it. A line that
   * cannot be written is an {@link AdminException}, which the reader counts and logs. It grows
   * without a bound: rotate it by moving it away, a new one is made.
   *
   * @param file the file; made if it is not there
   * @return the listener
   */
  static AclLogListener jsonLines(Path file) {
    return new JsonLinesAclLogListener(file);
  }
}
