package io.tenantredis.admin;

import java.util.List;
import java.util.Optional;

/** The commands that name a channel. The server's key specifications do not speak of channels. */
final class ChannelCalls {

  private static final String CHANNEL = "<channel>";

  private static final List<List<String>> CALLS =
      List.of(
          List.of("publish", CHANNEL, "message"),
          List.of("spublish", CHANNEL, "message"),
          List.of("subscribe", CHANNEL),
          List.of("ssubscribe", CHANNEL),
          List.of("psubscribe", CHANNEL));

  private ChannelCalls() {}

  static List<List<String>> all() {
    return CALLS;
  }

  static Optional<List<String>> find(String aclName) {
    return CALLS.stream().filter(call -> call.get(0).equals(aclName)).findFirst();
  }

  static List<String> on(List<String> call, String channel) {
    return on(call, channel, channel);
  }

  /** The call with a channel, or with a pattern where it takes one. */
  static List<String> on(List<String> call, String channel, String pattern) {
    String name = call.get(0).equals("psubscribe") ? pattern : channel;
    return call.stream().map(word -> word.equals(CHANNEL) ? name : word).toList();
  }
}
