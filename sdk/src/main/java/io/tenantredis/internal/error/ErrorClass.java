package io.tenantredis.internal.error;

/** What may be done after a server's error reply. */
public enum ErrorClass {
  /**
   * The server did not execute the command and may do so in a moment: any command may be tried
   * again.
   */
  RETRY_SAFE,
  /** Another node has the key: followed by the cluster client, tried again otherwise. */
  REDIRECT,
  /**
   * The server did not execute the command and will not until its role changes: tried again on a
   * new connection.
   */
  RECONNECT,
  /** The command is wrong or forbidden: never tried again, and no sign of a sick server. */
  PERMANENT
}
