package io.tenantredis;

/**
 * Who writes the tenant's prefix into key and channel names. In both modes no foreign name leaves
 * the process.
 */
public enum PrefixMode {

  /**
   * The application's names are relative: the SDK adds the prefix to each name it sends and strips
   * it from each name in a reply. The default.
   */
  PREFIX,

  /**
   * The application passes whole names and gets whole names back; a name outside the tenant's
   * prefix is refused with a {@link CommandRefusedException} before anything is sent.
   */
  REQUIRE
}
