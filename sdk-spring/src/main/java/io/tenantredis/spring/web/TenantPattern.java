package io.tenantredis.spring.web;

import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.springframework.http.server.PathContainer;
import org.springframework.web.util.pattern.PathPattern;
import org.springframework.web.util.pattern.PathPatternParser;

/** Where <code>{tenant}</code> stands in a path or host name. */
@FunctionalInterface
interface TenantPattern {

  String VARIABLE = "tenant";
  String PLACEHOLDER = "{tenant}";

  @Nullable String tenantIn(String text);

  static TenantPattern path(String pattern) {
    check(pattern, "/t/{tenant}/**");
    PathPattern path = PathPatternParser.defaultInstance.parse(pattern);
    return text -> {
      PathContainer requested = PathContainer.parsePath(text);
      if (mayMeanAnotherPath(requested)) {
        return null;
      }
      PathPattern.PathMatchInfo match = path.matchAndExtract(requested);
      return match == null ? null : match.getUriVariables().get(VARIABLE);
    };
  }

  /**
   * Whoever stood in front, and let the request pass for one tenant, may have read {@code ..} as
   * another tenant's path.
   */
  private static boolean mayMeanAnotherPath(PathContainer path) {
    for (PathContainer.Element element : path.elements()) {
      if (element instanceof PathContainer.PathSegment segment) {
        String name = segment.valueToMatch();
        if (name.equals(".") || name.equals("..") || name.matches(".*[/\\\\].*")) {
          return true;
        }
      }
    }
    return false;
  }

  static TenantPattern host(String pattern) {
    check(pattern, "{tenant}.example.com");
    int at = pattern.indexOf(PLACEHOLDER);
    String head = pattern.substring(0, at);
    String tail = pattern.substring(at + PLACEHOLDER.length());
    return host -> {
      int end = host.length() - tail.length();
      if (end <= head.length()
          || !host.regionMatches(true, 0, head, 0, head.length())
          || !host.regionMatches(true, end, tail, 0, tail.length())) {
        return null;
      }
      String tenant = host.substring(head.length(), end).toLowerCase(Locale.ROOT);
      return tenant.indexOf('.') < 0 ? tenant : null;
    };
  }

  private static void check(String pattern, String example) {
    if (!pattern.contains(PLACEHOLDER)) {
      throw new IllegalArgumentException(
          "The pattern '"
              + pattern
              + "' has no {tenant}: write it where the tenant's id stands, for example '"
              + example
              + "'.");
    }
  }
}
