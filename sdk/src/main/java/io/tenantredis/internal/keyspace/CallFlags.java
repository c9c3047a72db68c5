package io.tenantredis.internal.keyspace;

/** What the options of one call add to its command's rule. */
final class CallFlags {

  /** This call waits on the server, such as XREAD with BLOCK. */
  static final int BLOCKING = 1;

  /**
   * This call must not be executed twice although the command as such may be, such as SET with NX.
   */
  static final int ONCE = 2;

  /** A search that gives no fields with its documents. */
  static final int BARE = 4;

  private static final int FIRST_STEP = 8;
  private static final int MAX_STEPS = 8;
  private static final int ALL_STEPS = ((1 << MAX_STEPS) - 1) * FIRST_STEP;

  private CallFlags() {}

  /**
   * The flag of one of the options that each add an element to what a search gives for a document.
   */
  static int step(int number) {
    if (number >= MAX_STEPS) {
      throw new IllegalArgumentException("a signature can have at most " + MAX_STEPS + " steps");
    }
    return FIRST_STEP << number;
  }

  /**
   * How many elements a search's RESP2 reply has for each document: its id, its fields and what
   * options add.
   */
  static int documentElements(int flags) {
    return 1 + ((flags & BARE) == 0 ? 1 : 0) + Integer.bitCount(flags & ALL_STEPS);
  }
}
