package io.tenantredis.test;

import java.util.regex.Pattern;

/** Patterns of names for people: {@code *} and {@code ?}, and all others for themselves. */
final class Glob {

  private Glob() {}

  static Pattern pattern(String glob) {
    StringBuilder regex = new StringBuilder();
    glob.chars()
        .mapToObj(Character::toString)
        .forEach(c -> regex.append(c.equals("*") ? ".*" : c.equals("?") ? "." : Pattern.quote(c)));
    return Pattern.compile(regex.toString(), Pattern.DOTALL);
  }
}
