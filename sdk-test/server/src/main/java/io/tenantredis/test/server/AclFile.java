package io.tenantredis.test.server;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The users of a server, as its aclfile. Passwords are written as hashes only. */
final class AclFile {

  private static final List<String> EVERYTHING = List.of("~*", "&*", "+@all");

  private final Map<String, List<String>> users = new LinkedHashMap<>();

  AclFile user(String name, List<String> rules) {
    if (!name.matches("\\S+")) {
      throw new IllegalArgumentException(
          "an ACL user's name must not be empty or hold white space");
    }
    users.put(name, rules.stream().map(AclFile::withoutPassword).toList());
    return this;
  }

  AclFile administrator(String name, String password) {
    return user(name, concat(List.of("on", ">" + password)));
  }

  AclFile openDefault() {
    return user("default", concat(List.of("on", "nopass")));
  }

  boolean names(String user) {
    return users.containsKey(user);
  }

  void write(Path file) {
    try {
      Files.writeString(
          file,
          users.entrySet().stream()
              .map(user -> "user " + user.getKey() + " " + String.join(" ", user.getValue()) + "\n")
              .collect(Collectors.joining()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static List<String> concat(List<String> first) {
    return Stream.concat(first.stream(), EVERYTHING.stream()).toList();
  }

  private static String withoutPassword(String rule) {
    if (rule.startsWith(">")) {
      return "#" + sha256(rule.substring(1));
    }
    if (rule.startsWith("<")) {
      return "!" + sha256(rule.substring(1));
    }
    boolean selector = rule.startsWith("(");
    if (rule.isEmpty()
        || rule.contains("\n")
        || rule.contains("\r")
        || (!selector && rule.contains(" "))) {
      throw new IllegalArgumentException(
          "give each ACL rule as a string of its own, without white space");
    }
    return rule;
  }

  private static String sha256(String password) {
    try {
      byte[] bytes = password.getBytes(StandardCharsets.UTF_8);
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
