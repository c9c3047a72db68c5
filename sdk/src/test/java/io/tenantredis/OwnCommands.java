package io.tenantredis;

import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.output.StatusOutput;
import io.lettuce.core.protocol.CommandArgs;
import io.lettuce.core.protocol.ProtocolKeyword;
import java.nio.charset.StandardCharsets;

/** Sends commands that Lettuce has no method for. */
final class OwnCommands {

  private OwnCommands() {}

  /** Sends a command and waits for its reply, a status. */
  static void run(TenantClient<String, String> client, String name, String... keys) {
    ProtocolKeyword keyword =
        new ProtocolKeyword() {
          @Override
          public byte[] getBytes() {
            return name.getBytes(StandardCharsets.US_ASCII);
          }

          @Override
          public String toString() {
            return name;
          }
        };
    CommandArgs<String, String> args = new CommandArgs<>(StringCodec.UTF8);
    for (String key : keys) {
      args.addKey(key);
    }
    client.sync().dispatch(keyword, new StatusOutput<>(StringCodec.UTF8), args);
  }
}
