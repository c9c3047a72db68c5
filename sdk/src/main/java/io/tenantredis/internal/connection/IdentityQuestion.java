package io.tenantredis.internal.connection;

import io.lettuce.core.api.async.RedisAsyncCommands;
import io.tenantredis.IdentityCheck;
import java.util.concurrent.CompletionStage;

/** Asks a server whose connection it is. */
final class IdentityQuestion {

  private static final String USER = "user=";

  private IdentityQuestion() {}

  /**
   * Asks.
   *
   * @return a stage with the user that the server names; failed with what the server said if it
   *     refuses
   */
  static CompletionStage<String> ask(
      IdentityCheck check, RedisAsyncCommands<byte[], byte[]> commands) {
    return switch (check) {
      case ACL_WHOAMI -> commands.aclWhoami();
      case CLIENT_INFO -> commands.clientInfo().thenApply(IdentityQuestion::userOf);
    };
  }

  /**
   * The user in the answer to CLIENT INFO, or an empty text, which is nobody's name. No value there
   * holds a space; a second user would mean that one does, and that the client chose it.
   */
  static String userOf(String clientInfo) {
    String user = "";
    for (String field : clientInfo.strip().split(" ", -1)) {
      if (field.startsWith(USER)) {
        if (!user.isEmpty()) {
          return "";
        }
        user = field.substring(USER.length());
      }
    }
    return user;
  }
}
