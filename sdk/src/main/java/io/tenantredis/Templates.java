package io.tenantredis;

import java.util.List;

/** Texts with exactly one {@code {tenant}}, as arguments of credentials providers. */
final class Templates {

  private Templates() {}

  static IdentityTemplate users(String template) {
    List<String> problems = IdentityTemplate.problems(template);
    if (!problems.isEmpty()) {
      throw new ConfigurationException(problems);
    }
    return IdentityTemplate.of(template);
  }

  static int placeholder(String template, String what) {
    int at = template.indexOf(KeyPrefixTemplate.PLACEHOLDER);
    if (at < 0 || template.indexOf(KeyPrefixTemplate.PLACEHOLDER, at + 1) >= 0) {
      throw new ConfigurationException(
          List.of(
              "The "
                  + what
                  + " '"
                  + template
                  + "' must have {tenant} exactly once: write it where the tenant's id goes."));
    }
    return at;
  }
}
