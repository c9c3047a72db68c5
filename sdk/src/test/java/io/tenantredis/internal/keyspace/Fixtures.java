package io.tenantredis.internal.keyspace;

import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.output.ArrayOutput;
import io.lettuce.core.output.CommandOutput;
import io.lettuce.core.protocol.Command;
import io.lettuce.core.protocol.CommandArgs;
import io.lettuce.core.protocol.ProtocolKeyword;
import io.lettuce.core.protocol.RedisCommand;
import io.lettuce.core.protocol.RedisStateMachine;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.tenantredis.KeyPrefix;
import io.tenantredis.KeyPrefixTemplate;
import io.tenantredis.PrefixMode;
import io.tenantredis.RefusalReason;
import io.tenantredis.TenantId;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * What the tests of this package share: a tenant, a small table, commands made of words, and
 * replies made of bytes.
 */
final class Fixtures {

  static final TenantId ACME = TenantId.of("acme");
  static final String PREFIX = "tenant:acme:";

  /**
   * Rows with every construct of the signature language; the engine's tests do not depend on the
   * shipped table.
   */
  static final CommandRules RULES =
      CommandRules.of(
          """
          GET      | string | 1.0 | key | - | read idempotent |
          SET      | string | 1.0 | key . { NX^once | XX^once | GET^once | EX . | KEEPTTL }* | - | write idempotent |
          MGET     | string | 1.0 | key+ | - | read idempotent |
          MSET     | string | 1.0 | (key .)+ | - | write idempotent |
          DEL      | string | 1.0 | key+ | - | write |
          HSET     | hash   | 2.0 | key .+ | - | write |
          GETEX    | string | 6.2 | key { EX positive | PERSIST }? | - | write idempotent |
          BLPOP    | list   | 2.0 | key+ . | first | write blocking |
          LMPOP    | list   | 7.0 | #key { LEFT | RIGHT } [ COUNT . ] | first | write |
          ZADD     | zset   | 1.2 | key { NX | XX | GT | LT | CH | INCR }* (. .)+ | - | write |
          EVAL     | scripting | 2.6 | . #key .* | - | write script |
          XREAD    | stream | 5.0 | { COUNT . | BLOCK^blocking^once . }* STREAMS half(key) | entries | read idempotent |
          XREADGROUP | stream | 5.0 | { GROUP . . | COUNT . | BLOCK^blocking . | NOACK }* STREAMS half(key) | entries | write |
          XGROUP CREATE | stream | 5.0 | key . . .* | - | write |
          XGROUP HELP | stream | 5.0 | | - | idempotent |
          SORT     | generic | 1.0 | key { BY lookup | LIMIT . . | GET lookup | ASC | DESC | ALPHA | STORE^once key }* | - | write idempotent |
          EXISTS   | generic | 1.0 | key+ | - | read idempotent |
          SCAN     | generic | 2.8 | . { MATCH keypattern | COUNT . | TYPE . }* | scan | read idempotent scoped |
          COPY     | generic | 6.2 | key key { DB^refused . | REPLACE }* | - | write | DB leaves the database; instead: COPY without it
          KEYS     | generic | 1.0 | refused | - | | shows every tenant's keys; instead: SCAN
          PUBLISH  | pubsub | 2.0 | channel . | - | |
          SPUBLISH | pubsub | 7.0 | shardchannel . | - | |
          PSUBSCRIBE | pubsub | 2.0 | channelpattern+ | pubsub | stateful pubsub replies-later |
          PUBSUB CHANNELS | pubsub | 2.8 | channelpattern? | each | idempotent scoped |
          PUBSUB NUMSUB | pubsub | 2.8 | channel* | pairs | idempotent |
          CLIENT ID | connection | 5.0 | | - | idempotent |
          CLIENT TRACKINGINFO | connection | 6.2 | | info:prefixes | stateful |
          CLIENT   | connection | 2.4 | refused | - | | this subcommand has no rule; instead: CLIENT ID
          PING     | connection | 1.0 | .? | - | idempotent |
          MULTI    | transactions | 1.2 | | - | stateful |
          EXEC     | transactions | 1.2 | | - | stateful |
          FT.CREATE | search | redisearch 1.0 | index { ON . | FILTER . }* PREFIX { "0"^refused | #name } SCHEMA .+ | - | write | an index needs a PREFIX
          FT.SEARCH | search | redisearch 1.0 | index . { NOCONTENT^bare | WITHSCORES^step | WITHPAYLOADS^step | RETURN { "0"^bare | #. } | LIMIT . . }* | search | read idempotent |
          FT.AGGREGATE | search | redisearch 1.1 | index . .* | rows:__key | read idempotent |
          TS.INFO  | timeseries | redistimeseries 1.0 | key .? | tsinfo | read idempotent |
          JSON.MSET | json | redisjson 2.6 | (key . .)+ | - | write |
          """
              .lines()
              .toList());

  private Fixtures() {}

  static KeyPrefix prefixOf(String template, String tenant) {
    return KeyPrefixTemplate.of(template).prefixOf(TenantId.of(tenant));
  }

  static Guard guard() {
    return guard(PrefixMode.PREFIX, new Recorder());
  }

  static Guard guard(PrefixMode mode, GuardListener listener) {
    return new Guard(ACME, prefixOf("tenant:{tenant}:", "acme"), mode, RULES, listener);
  }

  /** A command of these words, with an output that takes anything. */
  static RedisCommand<String, String, List<Object>> command(String... words) {
    return command(new ArrayOutput<>(StringCodec.UTF8), words);
  }

  static <T> RedisCommand<String, String, T> command(
      CommandOutput<String, String, T> output, String... words) {
    CommandArgs<String, String> args = new CommandArgs<>(StringCodec.UTF8);
    for (int i = 1; i < words.length; i++) {
      args.add(words[i]);
    }
    return new Command<>(keyword(words[0]), output, args);
  }

  static RedisCommand<byte[], byte[], List<Object>> binary(List<byte[]> words) {
    CommandArgs<byte[], byte[]> args = new CommandArgs<>(ByteArrayCodec.INSTANCE);
    words.subList(1, words.size()).forEach(args::add);
    return new Command<>(keyword(words.get(0)), new ArrayOutput<>(ByteArrayCodec.INSTANCE), args);
  }

  /** A command that encodes to these bytes, whatever they are. */
  static RedisCommand<String, String, List<Object>> raw(byte[] bytes) {
    return new Command<>(keyword("GET"), new ArrayOutput<>(StringCodec.UTF8)) {
      @Override
      public void encode(ByteBuf buffer) {
        buffer.writeBytes(bytes);
      }
    };
  }

  static ProtocolKeyword keyword(String word) {
    return keyword(utf8(word));
  }

  private static ProtocolKeyword keyword(byte[] word) {
    return new ProtocolKeyword() {
      @Override
      public byte[] getBytes() {
        return word;
      }

      @Override
      public String toString() {
        return new String(word, StandardCharsets.UTF_8);
      }
    };
  }

  static byte[] encoded(RedisCommand<?, ?, ?> command) {
    ByteBuf buffer = Unpooled.buffer();
    command.encode(buffer);
    byte[] bytes = new byte[buffer.readableBytes()];
    buffer.readBytes(bytes);
    return bytes;
  }

  /** The words of an encoded command, read with a decoder that shares nothing with the guard. */
  static List<byte[]> arguments(byte[] wire) {
    List<byte[]> words = new ArrayList<>();
    String text = new String(wire, StandardCharsets.ISO_8859_1);
    int at = text.indexOf("\r\n");
    int count = Integer.parseInt(text.substring(1, at));
    at += 2;
    for (int i = 0; i < count; i++) {
      int end = text.indexOf("\r\n", at);
      int length = Integer.parseInt(text.substring(at + 1, end));
      words.add(Arrays.copyOfRange(wire, end + 2, end + 2 + length));
      at = end + 2 + length + 2;
    }
    if (at != wire.length) {
      throw new AssertionError("bytes behind the command");
    }
    return words;
  }

  /** What is sent for a command, as words. */
  static List<String> sent(Guard guard, String... words) {
    return arguments(encoded(guard.guard(command(words)))).stream().map(Fixtures::text).toList();
  }

  /** Lets Lettuce's decoder decode a reply into an output. */
  static void decode(CommandOutput<?, ?, ?> output, String reply) {
    decode(new RedisStateMachine(), output, reply);
  }

  static void decode(RedisStateMachine decoder, CommandOutput<?, ?, ?> output, String reply) {
    ByteBuf buffer = Unpooled.wrappedBuffer(utf8(reply.replace("|", "\r\n")));
    boolean whole =
        decoder.decode(
            buffer,
            output,
            failure -> {
              throw new AssertionError(failure);
            });
    if (!whole || buffer.isReadable()) {
      throw new AssertionError("the reply is not whole, or more than one: " + reply);
    }
  }

  static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8);
  }

  /** Writes down what a guard reports. */
  static final class Recorder implements GuardListener {
    final List<String> refusals = new CopyOnWriteArrayList<>();
    final List<String> violations = new CopyOnWriteArrayList<>();

    @Override
    public void refused(String command, RefusalReason reason) {
      refusals.add(command + " " + reason);
    }

    @Override
    public void violation(String command, int names) {
      violations.add(command + " " + names);
    }
  }
}
