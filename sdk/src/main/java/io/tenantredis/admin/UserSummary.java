package io.tenantredis.admin;

import java.util.List;
import java.util.Set;

/**
 * A user as one server knows it.
 *
 * @param name its name
 * @param node host and port of the server
 * @param on whether it can log in
 * @param passwords how many passwords let it in; -1 if it needs none
 * @param keys its key patterns with their signs, without those of selectors
 * @param channels its channel patterns with their sign, without those of selectors
 * @param commands how many commands it may run, without those of selectors
 * @param selectors how many selectors it has
 */
public record UserSummary(
    String name,
    String node,
    boolean on,
    int passwords,
    Set<String> keys,
    Set<String> channels,
    int commands,
    int selectors) {

  /** Copies the sets. */
  public UserSummary {
    keys = Set.copyOf(keys);
    channels = Set.copyOf(channels);
  }

  /**
   * Users for programs.
   *
   * @param users the users
   * @return a JSON array of objects with the fields of this record
   */
  public static String toJson(List<UserSummary> users) {
    return Json.pretty(
        users.stream()
            .map(
                user ->
                    Json.object(
                        "name", user.name,
                        "node", user.node,
                        "on", user.on,
                        "passwords", user.passwords,
                        "keys", user.keys,
                        "channels", user.channels,
                        "commands", user.commands,
                        "selectors", user.selectors))
            .toList());
  }
}
