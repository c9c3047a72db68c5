package io.tenantredis.admin;

import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.RedisCredentials;
import io.lettuce.core.RedisCredentialsProvider;
import io.lettuce.core.RedisCredentialsProvider.ImmediateRedisCredentialsProvider;
import io.lettuce.core.RedisException;
import io.lettuce.core.RedisURI;
import io.lettuce.core.StaticCredentialsProvider;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.async.RedisAsyncCommands;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.codec.RedisCodec;
import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.protocol.AsyncCommand;
import io.lettuce.core.protocol.Command;
import io.lettuce.core.protocol.CommandArgs;
import io.lettuce.core.protocol.ProtocolKeyword;
import io.tenantredis.internal.error.ServerError;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * One server, spoken to with the administrator's credentials. It connects when it is first asked,
 * and again when the connection was lost. What may have been executed is never sent twice, but for
 * read-only questions.
 *
 * <p>Thread-safe. Every method that asks the server blocks, at most for the timeout of the
 * connection, and throws {@link AdminException}.
 */
final class AdminNode implements AutoCloseable {

  private static final int PIPELINE = 64;
  private static final int CONNECT_ATTEMPTS = 3;
  private static final Pattern HASH = Pattern.compile("[0-9a-fA-F]{64}");

  private final RedisClient client;
  private final RedisURI uri;
  private final String address;
  private @Nullable StatefulRedisConnection<String, String> connection;
  private @Nullable StatefulRedisConnection<byte[], byte[]> binaryConnection;
  private @Nullable CommandCatalog catalog;
  private @Nullable AclDialect dialect;

  AdminNode(RedisClient client, RedisURI uri) {
    this.client = client;
    this.uri = uri;
    this.address = address(uri);
  }

  static String address(RedisURI uri) {
    return uri.getHost() + ":" + uri.getPort();
  }

  /** Host and port. */
  String address() {
    return address;
  }

  /** Where this node is, with the administrator's credentials. */
  RedisURI uri() {
    return uri;
  }

  /** What the server answers: a text, a number, a list of these, or null. */
  @Nullable Object ask(String... words) {
    return ask(List.of(words));
  }

  @Nullable Object ask(List<String> words) {
    StatefulRedisConnection<String, String> first = connection();
    try {
      return ask(first, words);
    } catch (ConnectionLostException e) {
      if (!e.neverSent()) {
        throw e;
      }
      forget(first);
      return ask(connection(), words);
    }
  }

  private @Nullable Object ask(
      StatefulRedisConnection<String, String> current, List<String> words) {
    return await(name(words), send(current, words));
  }

  private static AsyncCommand<String, String, @Nullable Object> send(
      StatefulRedisConnection<String, String> current, List<String> words) {
    CommandArgs<String, String> arguments = new CommandArgs<>(StringCodec.UTF8);
    words.subList(1, words.size()).forEach(arguments::add);
    AsyncCommand<String, String, @Nullable Object> command =
        new AsyncCommand<>(new Command<>(new Word(words.get(0)), new ReplyTree(), arguments));
    current.dispatch(command);
    return command;
  }

  /**
   * What the server answers to each of these, of which some are under way at once: a refusal is an
   * answer, too. They must change nothing, for after a lost connection they are asked once more.
   */
  List<@Nullable Object> askAllReadOnly(List<List<String>> questions) {
    StatefulRedisConnection<String, String> first = connection();
    try {
      return askAll(first, questions);
    } catch (ConnectionLostException e) {
      forget(first);
      return askAll(connection(), questions);
    }
  }

  private List<@Nullable Object> askAll(
      StatefulRedisConnection<String, String> current, List<List<String>> questions) {
    List<@Nullable Object> answers = new ArrayList<>(questions.size());
    for (int from = 0; from < questions.size(); from += PIPELINE) {
      List<List<String>> some =
          questions.subList(from, Math.min(from + PIPELINE, questions.size()));
      List<AsyncCommand<String, String, @Nullable Object>> underWay =
          some.stream().map(words -> send(current, words)).toList();
      for (int i = 0; i < some.size(); i++) {
        try {
          answers.add(await(name(some.get(i)), underWay.get(i)));
        } catch (ServerRefusedException e) {
          answers.add(e);
        }
      }
    }
    return answers;
  }

  /** A reply that is under way. */
  <T> T await(String name, CompletionStage<T> reply) {
    CompletableFuture<T> future = reply.toCompletableFuture();
    try {
      return future.get(uri.getTimeout().toNanos(), TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw failure(name, "interrupted while waiting for the reply", e);
    } catch (TimeoutException e) {
      future.cancel(false);
      throw failure(name, "no reply within " + uri.getTimeout().toMillis() + " ms", e);
    } catch (ExecutionException e) {
      Throwable cause = e.getCause() == null ? e : e.getCause();
      // A server repeats the rule it stumbles over.
      String said = HASH.matcher(String.valueOf(cause.getMessage())).replaceAll("...");
      if (cause instanceof RedisCommandExecutionException) {
        throw new ServerRefusedException(
            address + ", " + name + ": " + said + WithheldByService.advice(name, said), cause);
      }
      throw new ConnectionLostException(address + ", " + name + ": " + said, cause);
    }
  }

  /**
   * Asks what changes nothing on the server, so that it may be asked once more: on a new connection
   * when the one in use was lost, of which this node may hear only from the failure.
   */
  <T> T askReadOnly(
      String name,
      Function<RedisAsyncCommands<byte[], byte[]>, ? extends CompletionStage<T>> question) {
    StatefulRedisConnection<byte[], byte[]> first = binaryConnection();
    try {
      return await(name, question.apply(first.async()));
    } catch (ConnectionLostException e) {
      forget(first);
      return await(name, question.apply(binaryConnection().async()));
    }
  }

  private synchronized void forget(StatefulRedisConnection<?, ?> lost) {
    lost.closeAsync();
    if (connection == lost) {
      connection = null;
    }
    if (binaryConnection == lost) {
      binaryConnection = null;
    }
  }

  /** Commands for names and values that are no texts. */
  RedisAsyncCommands<byte[], byte[]> binary() {
    return binaryConnection().async();
  }

  private synchronized StatefulRedisConnection<byte[], byte[]> binaryConnection() {
    StatefulRedisConnection<byte[], byte[]> current = binaryConnection;
    if (current == null || !current.isOpen()) {
      current = connect(ByteArrayCodec.INSTANCE);
      binaryConnection = current;
    }
    return current;
  }

  /** A text that the server answers. */
  String text(String... words) {
    return String.valueOf(ask(words));
  }

  /** A list that the server answers. */
  List<@Nullable Object> list(String... words) {
    Object reply = ask(words);
    return reply instanceof List<?> elements ? copy(elements) : List.of();
  }

  /** A list of names and values that the server answers. */
  Map<String, @Nullable Object> map(String... words) {
    return toMap(list(words));
  }

  /** The fields of one or more sections of INFO. */
  Map<String, String> info(String... sections) {
    Map<String, String> fields = new HashMap<>();
    for (String section : sections) {
      text("INFO", section)
          .lines()
          .forEach(
              line -> {
                int colon = line.indexOf(':');
                if (colon > 0) {
                  fields.put(line.substring(0, colon), line.substring(colon + 1));
                }
              });
    }
    return fields;
  }

  /** What time it is for the server, in milliseconds since 1970. */
  long timeMillis() {
    List<@Nullable Object> time = list("TIME");
    return Long.parseLong(String.valueOf(time.get(0))) * 1000
        + Long.parseLong(String.valueOf(time.get(1))) / 1000;
  }

  /** What the ACL of this server understands. */
  synchronized AclDialect dialect() {
    AclDialect known = dialect;
    if (known == null) {
      Map<String, String> info = info("server");
      String valkey = info.get("valkey_version");
      String version = valkey != null ? valkey : info.getOrDefault("redis_version", "unknown");
      try {
        known = AclDialect.of(valkey != null, version, catalog().commands());
      } catch (IllegalArgumentException e) {
        throw new UnsupportedByServerException(address + ": " + e.getMessage());
      }
      dialect = known;
    }
    return known;
  }

  /** The commands of this server and their categories. */
  synchronized CommandCatalog catalog() {
    CommandCatalog known = catalog;
    if (known == null) {
      Set<String> names = new LinkedHashSet<>();
      for (Object command : list("COMMAND")) {
        collect(command, names);
      }
      known =
          new CommandCatalog(
              names,
              category -> {
                Set<String> members = new LinkedHashSet<>();
                list("ACL", "CAT", category).forEach(name -> members.add(String.valueOf(name)));
                return members;
              });
      catalog = known;
    }
    return known;
  }

  private static final int SUBCOMMANDS = 9;

  /**
   * A command's name and, from 7.0 on, those of its subcommands: the tenth element of COMMAND's.
   */
  private static void collect(@Nullable Object command, Set<String> names) {
    if (command instanceof List<?> details && !details.isEmpty()) {
      names.add(String.valueOf(details.get(0)).toLowerCase(Locale.ROOT));
      if (details.size() > SUBCOMMANDS && details.get(SUBCOMMANDS) instanceof List<?> subcommands) {
        subcommands.forEach(subcommand -> collect(subcommand, names));
      }
    }
  }

  /** Closes the connection. The node can be asked again, which connects anew. */
  @Override
  public synchronized void close() {
    for (StatefulRedisConnection<?, ?> current : Arrays.asList(connection, binaryConnection)) {
      if (current != null) {
        current.close();
      }
    }
    connection = null;
    binaryConnection = null;
  }

  private synchronized StatefulRedisConnection<String, String> connection() {
    StatefulRedisConnection<String, String> current = connection;
    if (current == null || !current.isOpen()) {
      current = connect(StringCodec.UTF8);
      connection = current;
    }
    return current;
  }

  private <T> StatefulRedisConnection<T, T> connect(RedisCodec<T, T> codec) {
    for (int attempt = 1; ; attempt++) {
      try {
        return client.connect(codec, withCredentialsAtHand());
      } catch (RedisException e) {
        if (attempt == CONNECT_ATTEMPTS || !hidesWhatTheServerSaid(e)) {
          throw unreachable(e);
        }
      }
    }
  }

  /**
   * Lettuce logs in with what a provider gives it later on the JVM's common pool: an application
   * can keep that busy, and a connection made there may be handed out before it is open.
   */
  private RedisURI withCredentialsAtHand() {
    RedisCredentialsProvider provider = uri.getCredentialsProvider();
    if (provider instanceof ImmediateRedisCredentialsProvider) {
      return uri;
    }
    RedisCredentials credentials = credentials(provider);
    if (credentials == null) {
      return uri;
    }
    RedisURI own = RedisURI.builder(uri).build();
    own.setCredentialsProvider(new StaticCredentialsProvider(credentials));
    return own;
  }

  private @Nullable RedisCredentials credentials(RedisCredentialsProvider provider) {
    try {
      return provider.resolveCredentials().block(uri.getTimeout());
    } catch (RuntimeException e) {
      throw new AdminException(
          address + ": the administrator's credentials cannot be had: " + e.getMessage(), e);
    }
  }

  private AdminException unreachable(RedisException failure) {
    String said = address + " cannot be reached: " + failure.getMessage() + causeOf(failure);
    String safe = ServerError.withoutArguments(said);
    // Neither is the cause passed on when it quotes the password.
    return safe.equals(said)
        ? new AdminException(said, failure)
        : new AdminException(safe, new RedisCommandExecutionException(safe));
  }

  /**
   * Whether the server may have said why it refused. Lettuce closes a connection whose HELLO or
   * AUTH was refused, and on a loaded machine now and then notices first that it is closed: a wrong
   * password then looks like a server that cannot be reached.
   */
  static boolean hidesWhatTheServerSaid(RedisException failure) {
    String cause = String.valueOf(failure.getCause());
    return cause.contains("Connection closed prematurely")
        || cause.contains("RedisHandshakeHandler not registered");
  }

  private static String causeOf(Throwable failure) {
    Throwable cause = failure.getCause();
    return cause == null ? "" : " (" + cause.getMessage() + ")";
  }

  private AdminException failure(String name, String what, Throwable cause) {
    return new AdminException(address + ", " + name + ": " + what, cause);
  }

  /** The command without its arguments, of which some are secrets. */
  private static String name(List<String> words) {
    boolean container =
        words.size() > 1 && words.get(0).matches("ACL|CLIENT|CONFIG|CLUSTER|MODULE");
    return words.get(0) + (container ? " " + words.get(1) : "");
  }

  static Map<String, @Nullable Object> toMap(List<?> namesAndValues) {
    Map<String, @Nullable Object> map = new HashMap<>();
    for (int i = 0; i + 1 < namesAndValues.size(); i += 2) {
      map.put(String.valueOf(namesAndValues.get(i)), namesAndValues.get(i + 1));
    }
    return map;
  }

  private static List<@Nullable Object> copy(List<?> elements) {
    return new ArrayList<>(elements);
  }

  /** The address; never the credentials. */
  @Override
  public String toString() {
    return address;
  }

  /** No reply will come. */
  private static final class ConnectionLostException extends AdminException {

    private static final long serialVersionUID = 1L;

    /** How Lettuce begins the message of a command that it did not write. */
    private static final String REJECTED = "Currently not connected.";

    private final boolean neverSent;

    ConnectionLostException(String message, Throwable cause) {
      super(message, cause);
      this.neverSent = String.valueOf(cause.getMessage()).startsWith(REJECTED);
    }

    /**
     * Whether the command was certainly not executed. On a loaded machine Lettuce now and then
     * rejects the first command of a connection that it has just handed out.
     */
    boolean neverSent() {
      return neverSent;
    }
  }

  private record Word(String word) implements ProtocolKeyword {

    @Override
    public byte[] getBytes() {
      return word.getBytes(StandardCharsets.US_ASCII);
    }

    @Override
    public String toString() {
      return word;
    }
  }
}
