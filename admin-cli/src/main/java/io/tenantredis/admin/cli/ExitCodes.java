package io.tenantredis.admin.cli;

/** How the tool ends. Pipelines rely on the numbers. */
final class ExitCodes {

  /** Everything is as wanted. */
  static final int OK = 0;

  /** The tool did its work and found something, or could not complete a change on every server. */
  static final int FOUND = 1;

  /** The command line is wrong; nothing was done. */
  static final int USAGE = 2;

  /** A server or a file could not be used. */
  static final int FAILED = 3;

  private ExitCodes() {}
}
