package io.tenantredis.admin;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** The forms in which configuration files write an ACL user. */
final class AclTexts {

  /** The longest id that ElastiCache gives a user. */
  private static final int LONGEST_USER_ID = 40;

  private static final int LONGEST_STEM = LONGEST_USER_ID - "-12345678".length();

  private AclTexts() {}

  /** A text so that a glob pattern takes it literally. */
  static String escapeGlob(String plain) {
    StringBuilder escaped = new StringBuilder(plain.length() + 8);
    for (int i = 0; i < plain.length(); i++) {
      char c = plain.charAt(i);
      if ("*?[]^\\".indexOf(c) >= 0) {
        escaped.append('\\');
      }
      escaped.append(c);
    }
    return escaped.toString();
  }

  /** A {@code user} line for redis.conf, where quotes and backslashes have a meaning. */
  static String configLine(List<String> userAndRules) {
    return "user "
        + userAndRules.stream().map(AclTexts::quoteForConfig).collect(Collectors.joining(" "));
  }

  private static String quoteForConfig(String argument) {
    if (argument.indexOf('"') < 0 && argument.indexOf('\'') < 0 && argument.indexOf(' ') < 0) {
      return argument;
    }
    return '"' + argument.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
  }

  /** An ElastiCache user, and a variable for its passwords, which belong into no file. */
  static String terraform(String user, String accessString, AclDialect dialect) {
    String id = terraformId(user);
    String variable = id.replace('-', '_') + "_passwords";
    Map<String, Object> resource =
        Json.object(
            "user_id", id,
            "user_name", escapeTerraform(user),
            "engine", dialect.isValkey() ? "valkey" : "redis",
            "access_string", escapeTerraform(accessString),
            "authentication_mode",
                Json.object("type", "password", "passwords", "${var." + variable + "}"));
    return Json.pretty(
        Json.object(
            "variable",
            Json.object(variable, Json.object("type", "set(string)", "sensitive", true)),
            "resource",
            Json.object("aws_elasticache_user", Json.object(id, resource))));
  }

  /**
   * A letter first, then lower-case letters, digits and single hyphens, and different for different
   * users.
   */
  private static String terraformId(String user) {
    String stem = user.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]+", "-");
    stem = stem.replaceAll("^[^a-z]+", "").replaceAll("-$", "");
    if (stem.replace('-', '_').equals(user) && stem.length() <= LONGEST_STEM) {
      return stem;
    }
    String hash =
        AclPassword.of(user.toCharArray()).hash().substring(0, 8).toLowerCase(Locale.ROOT);
    String shortened = stem.substring(0, Math.min(stem.length(), LONGEST_STEM));
    return (shortened.isEmpty() ? "user" : shortened.replaceAll("-$", "")) + "-" + hash;
  }

  /**
   * Terraform reads <code>${</code> and <code>%{</code> in strings as the begin of an expression.
   */
  private static String escapeTerraform(String plain) {
    return plain.replace("${", "$${").replace("%{", "%%{");
  }
}
