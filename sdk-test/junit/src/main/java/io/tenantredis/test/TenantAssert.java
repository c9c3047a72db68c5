package io.tenantredis.test;

import io.tenantredis.TenantId;
import java.util.List;
import java.util.function.Supplier;
import java.util.regex.Pattern;

/**
 * Assertions on the keys that a tenant has on the server, whoever wrote them. Names are those that
 * the application uses, without the prefix. Each method blocks while it walks the tenant's keys,
 * and fails with an {@link AssertionError} that lists the names, at most 20, and no values.
 * Thread-safe.
 */
public final class TenantAssert {

  private static final int SHOWN = 20;

  private final TenantId tenant;
  private final Supplier<List<String>> keys;

  TenantAssert(TenantId tenant, Supplier<List<String>> keys) {
    this.tenant = tenant;
    this.keys = keys;
  }

  /**
   * The tenant has this key.
   *
   * @param key without prefix
   * @return this
   */
  public TenantAssert hasKey(String key) {
    List<String> present = keys.get();
    if (!present.contains(key)) {
      throw failure("has no key " + key + "; it has " + shown(present));
    }
    return this;
  }

  /**
   * All keys of the tenant match; it may have none.
   *
   * @param glob {@code *} stands for any characters, also none, and {@code ?} for one; all others
   *     for themselves
   * @return this
   */
  public TenantAssert hasOnlyKeysMatching(String glob) {
    Pattern pattern = Glob.pattern(glob);
    List<String> others =
        keys.get().stream().filter(key -> !pattern.matcher(key).matches()).toList();
    if (!others.isEmpty()) {
      throw failure("has keys that do not match " + glob + ": " + shown(others));
    }
    return this;
  }

  /**
   * The tenant has no keys.
   *
   * @return this
   */
  public TenantAssert leavesNoKeys() {
    List<String> present = keys.get();
    if (!present.isEmpty()) {
      throw failure("left keys: " + shown(present));
    }
    return this;
  }

  private AssertionError failure(String what) {
    return new AssertionError("Tenant " + tenant + " " + what);
  }

  private static String shown(List<String> keys) {
    return keys.size() <= SHOWN
        ? keys.toString()
        : keys.subList(0, SHOWN) + " and " + (keys.size() - SHOWN) + " more";
  }
}
