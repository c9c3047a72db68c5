package io.tenantredis.test;

import java.util.List;
import java.util.regex.Pattern;

/** Names that are nobody's and may be used by everybody. */
final class SharedNames {

  private final List<Pattern> patterns;

  SharedNames(List<String> globs) {
    this.patterns = globs.stream().map(Glob::pattern).toList();
  }

  boolean contains(String name) {
    return patterns.stream().anyMatch(pattern -> pattern.matcher(name).matches());
  }
}
