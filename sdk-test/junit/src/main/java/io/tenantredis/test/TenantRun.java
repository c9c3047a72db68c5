package io.tenantredis.test;

import io.tenantredis.TenantClient;
import io.tenantredis.TenantId;

/** One run of the user's code as one tenant. Immutable; to be used on any thread. */
public final class TenantRun {

  private final TenantClient<String, String> client;
  private final String mark;
  private final int round;

  TenantRun(TenantClient<String, String> client, String mark, int round) {
    this.client = client;
    this.mark = mark;
    this.round = round;
  }

  /**
   * Whose run it is; also the current tenant of {@code TenantContext} on the thread of the run.
   *
   * @return the tenant
   */
  public TenantId tenant() {
    return client.tenant();
  }

  /**
   * The tenant's handle, of the test's own client.
   *
   * @return the handle
   */
  public TenantClient<String, String> client() {
    return client;
  }

  /**
   * Makes text that is this tenant's and can be told from everybody else's. Give it to the code
   * where a user of the tenant would type something: wherever it comes up as another tenant's, it
   * crossed.
   *
   * @param text what it begins with
   * @return the text with the tenant's mark, the same in all runs
   */
  public String mark(String text) {
    return text + "-" + mark;
  }

  /**
   * Which run of the tenant it is.
   *
   * @return counted from 0
   */
  public int round() {
    return round;
  }
}
