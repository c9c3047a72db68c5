package io.tenantredis.admin;

import java.util.Locale;

/**
 * What to do when a server refuses what an administrator needs, which managed services do whatever
 * rights the administrator has.
 */
final class WithheldByService {

  private WithheldByService() {}

  /**
   * A sentence to add to what the server said, or an empty text.
   *
   * @param command its name, with the subcommand of {@code ACL} and the like
   * @param said the server's error
   */
  static String advice(String command, String said) {
    if (!command.startsWith("ACL ") || !isWithheld(said)) {
      return "";
    }
    String permission = command.toLowerCase(Locale.ROOT).replace(' ', '|');
    String remedy =
        switch (permission) {
          case "acl|save" -> "it keeps users by itself: leave saving out";
          case "acl|dryrun" ->
              "load the same users into a server of your own and verify them there";
          case "acl|log" -> "look for denials in the service's own logs";
          default ->
              "change users there, to what AclPolicy.permissions or 'tenant-redis policy' says";
        };
    return " (Grant the administrator +"
        + permission
        + ". If this is a managed service that withholds it, "
        + remedy
        + ".)";
  }

  private static boolean isWithheld(String said) {
    return said.startsWith("NOPERM")
        || said.startsWith("ERR unknown command")
        || said.startsWith("ERR unknown subcommand")
        || said.startsWith("ERR Unknown subcommand");
  }
}
