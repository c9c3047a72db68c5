package io.tenantredis;

/**
 * Which user {@code ACL WHOAMI} must answer on a tenant's connection, such as {@code
 * tenant_{tenant}}: an expectation that does not depend on the credentials. Immutable and
 * thread-safe.
 */
final class IdentityTemplate {

  private final String head;
  private final String tail;

  private IdentityTemplate(String head, String tail) {
    this.head = head;
    this.tail = tail;
  }

  static java.util.List<String> problems(String template) {
    java.util.List<String> problems = new java.util.ArrayList<>();
    int first = template.indexOf(KeyPrefixTemplate.PLACEHOLDER);
    if (first < 0) {
      problems.add(
          "The identity '"
              + template
              + "' has no {tenant}: all tenants would share one user. Write it where the tenant's id"
              + " goes, for example 'tenant_{tenant}'.");
    } else if (template.indexOf(KeyPrefixTemplate.PLACEHOLDER, first + 1) >= 0) {
      problems.add(
          "The identity '" + template + "' has {tenant} more than once: keep exactly one.");
    }
    for (int i = 0; i < template.length(); i++) {
      if (template.charAt(i) <= ' ' || template.charAt(i) > '~') {
        problems.add(
            String.format(
                "The identity template holds U+%04X at index %d: use printable ASCII without spaces.",
                (int) template.charAt(i), i));
        break;
      }
    }
    return problems;
  }

  static IdentityTemplate of(String template) {
    int at = template.indexOf(KeyPrefixTemplate.PLACEHOLDER);
    return new IdentityTemplate(
        template.substring(0, at), template.substring(at + KeyPrefixTemplate.PLACEHOLDER.length()));
  }

  String userOf(TenantId tenant) {
    return head + tenant.value() + tail;
  }
}
