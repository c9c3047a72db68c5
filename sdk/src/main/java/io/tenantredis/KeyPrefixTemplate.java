package io.tenantredis;

import java.util.ArrayList;
import java.util.List;

/**
 * How a tenant's {@link KeyPrefix} is made: a text with exactly one {@code {tenant}}, such as
 * {@code tenant:{tenant}:}.
 *
 * <p>The prefixes of one template are <em>prefix-free</em>: for two different tenants neither
 * prefix begins with the other. That holds because the character behind {@code {tenant}}, the
 * delimiter, cannot stand in a {@link TenantId}. A template such as <code>{tenant}-</code> is
 * refused: with tenants {@code a} and {@code a-b} the server's key pattern {@code a-*} would open
 * the keys of {@code a-b} to {@code a}.
 *
 * <p>For Redis Cluster put a hash tag around the tenant, <code>tenant:{{tenant}}:</code>, and all
 * keys of a tenant share one slot.
 *
 * <p>Immutable and thread-safe.
 */
public final class KeyPrefixTemplate {

  /** The longest template accepted, in characters. Every key on the wire carries the prefix. */
  public static final int MAX_LENGTH = 128;

  static final String PLACEHOLDER = "{tenant}";

  private final String head;
  private final String tail;

  private KeyPrefixTemplate(String head, String tail) {
    this.head = head;
    this.tail = tail;
  }

  /**
   * The template with this text.
   *
   * @param template the text, at most {@value #MAX_LENGTH} printable ASCII characters without a
   *     space or {@code *}, with exactly one {@code {tenant}} and behind it a delimiter that cannot
   *     stand in a {@link TenantId}
   * @return the template
   * @throws IllegalArgumentException with every mistake in one message
   */
  public static KeyPrefixTemplate of(String template) {
    List<String> problems = problems(template);
    if (!problems.isEmpty()) {
      throw new IllegalArgumentException(String.join(" ", problems));
    }
    int at = template.indexOf(PLACEHOLDER);
    return new KeyPrefixTemplate(
        template.substring(0, at), template.substring(at + PLACEHOLDER.length()));
  }

  static List<String> problems(String template) {
    List<String> problems = new ArrayList<>();
    if (template.length() > MAX_LENGTH) {
      problems.add(
          "The key prefix template has "
              + template.length()
              + " characters, at most "
              + MAX_LENGTH
              + " are allowed.");
    }
    for (int i = 0; i < template.length(); i++) {
      char c = template.charAt(i);
      if (c <= ' ' || c > '~' || c == '*') {
        problems.add(
            String.format(
                "The key prefix template holds U+%04X at index %d: use printable ASCII without spaces and without '*'"
                    + " (SORT ... BY could not name a key of the tenant).",
                (int) c, i));
        break;
      }
    }
    int first = template.indexOf(PLACEHOLDER);
    if (first < 0) {
      problems.add(
          "The key prefix template '"
              + template
              + "' has no {tenant}: write it where the tenant's id goes, for example"
              + " 'tenant:{tenant}:'.");
      return problems;
    }
    if (template.indexOf(PLACEHOLDER, first + 1) >= 0) {
      problems.add(
          "The key prefix template '"
              + template
              + "' has {tenant} more than once: keep exactly one.");
      return problems;
    }
    String tail = template.substring(first + PLACEHOLDER.length());
    if (tail.isEmpty()) {
      problems.add(
          "The key prefix template '"
              + template
              + "' ends with {tenant}: tenant 'a' would own the keys of tenant 'ab'. Put a"
              + " delimiter behind it, for example 'tenant:{tenant}:'.");
    } else if (TenantId.isAllowed(tail.charAt(0))) {
      problems.add(
          "The key prefix template '"
              + template
              + "' is not prefix-free: its delimiter '"
              + tail.charAt(0)
              + "' can stand in a"
              + " tenant id, so that one tenant's prefix could begin with another's. Use a delimiter such as ':' or '/'.");
    }
    return problems;
  }

  /**
   * The prefix of a tenant.
   *
   * @param tenant the tenant
   * @return its prefix
   */
  public KeyPrefix prefixOf(TenantId tenant) {
    return new KeyPrefix(head + tenant.value() + tail);
  }

  /**
   * Whether a name is inside the prefix of some tenant, whichever it is.
   *
   * @param name the bytes of a whole name
   * @return whether it begins with what this template makes of an id
   */
  public boolean holds(byte[] name) {
    if (!hasAt(name, 0, head)) {
      return false;
    }
    int at = head.length();
    while (at < name.length && TenantId.isAllowed((char) (name[at] & 0xff))) {
      at++;
    }
    return at > head.length() && hasAt(name, at, tail);
  }

  private static boolean hasAt(byte[] name, int at, String ascii) {
    if (name.length - at < ascii.length()) {
      return false;
    }
    for (int i = 0; i < ascii.length(); i++) {
      if (name[at + i] != ascii.charAt(i)) {
        return false;
      }
    }
    return true;
  }

  /** The text this template was made from. */
  @Override
  public String toString() {
    return head + PLACEHOLDER + tail;
  }
}
