package io.tenantredis.admin.cli;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Users as files write them: an ACL file, redis.conf, or Terraform with access strings. */
final class AclSource {

  private static final Pattern TERRAFORM_VALUE =
      Pattern.compile(
          "\"?(user_name|access_string)\"?\\s*[:=]\\s*(?:\"((?:[^\"\\\\]|\\\\.)*)\"|\\S)");

  private static final Pattern INTERPOLATION = Pattern.compile("(?<!\\$)\\$\\{|(?<!%)%\\{");

  private AclSource() {}

  /**
   * The users in a text, each with its rules.
   *
   * @throws IllegalArgumentException if there is none
   */
  static Map<String, List<String>> users(String text) {
    Map<String, List<String>> users = new LinkedHashMap<>();
    text.lines()
        .map(String::strip)
        .filter(line -> line.startsWith("user "))
        .forEach(
            line -> {
              List<String> words = words(line.substring("user ".length()));
              if (!words.isEmpty()) {
                add(users, words.get(0), words.subList(1, words.size()));
              }
            });
    if (users.isEmpty()) {
      users.putAll(terraform(text));
    }
    if (users.isEmpty()) {
      throw new IllegalArgumentException(
          "The file holds no user: neither a line 'user <name> <rules>' nor a Terraform"
              + " user_name with an access_string.");
    }
    return users;
  }

  /** Each access string belongs to the user name that stands nearest to it in the same block. */
  private static Map<String, List<String>> terraform(String text) {
    Map<String, List<String>> users = new LinkedHashMap<>();
    String name = null;
    String rules = null;
    Matcher values = TERRAFORM_VALUE.matcher(text);
    while (values.find()) {
      String literal = values.group(2);
      if (literal == null || INTERPOLATION.matcher(literal).find()) {
        throw new IllegalArgumentException(
            "A "
                + values.group(1)
                + " is computed, so nothing can be said of it: verify a file with the final text.");
      }
      boolean twice = values.group(1).equals("user_name") ? name != null : rules != null;
      if (twice) {
        throw halfAUser();
      }
      String value = unescaped(literal);
      if (values.group(1).equals("user_name")) {
        name = value;
      } else {
        rules = value;
      }
      if (name != null && rules != null) {
        add(users, name, words(rules));
        name = null;
        rules = null;
      }
    }
    if (name != null || rules != null) {
      throw halfAUser();
    }
    return users;
  }

  private static IllegalArgumentException halfAUser() {
    return new IllegalArgumentException(
        "A user_name stands without an access_string, or the other way round.");
  }

  private static void add(Map<String, List<String>> users, String name, List<String> rules) {
    if (users.putIfAbsent(name, rules) != null) {
      throw new IllegalArgumentException(
          "User " + name + " stands in the file twice: verify the two apart.");
    }
  }

  private static String unescaped(String literal) {
    return literal.replaceAll("\\\\(.)", "$1").replace("$${", "${").replace("%%{", "%{");
  }

  /** Words between spaces; a selector in parentheses is one. */
  private static List<String> words(String rules) {
    List<String> words = new ArrayList<>();
    StringBuilder selector = new StringBuilder();
    for (String word : rules.strip().split("\\s+", -1)) {
      if (word.isEmpty()) {
        continue;
      }
      boolean open = selector.length() > 0;
      if (open || word.startsWith("(")) {
        selector.append(open ? " " : "").append(word);
        if (word.endsWith(")")) {
          words.add(selector.toString());
          selector.setLength(0);
        }
      } else {
        words.add(unquoted(word));
      }
    }
    if (selector.length() > 0) {
      throw new IllegalArgumentException("A selector is not closed: " + selector);
    }
    return words;
  }

  /** redis.conf puts words with quotation marks in quotes. */
  private static String unquoted(String word) {
    boolean quoted = word.length() > 1 && word.startsWith("\"") && word.endsWith("\"");
    return quoted ? word.substring(1, word.length() - 1).replaceAll("\\\\(.)", "$1") : word;
  }
}
