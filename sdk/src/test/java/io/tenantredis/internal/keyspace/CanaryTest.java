package io.tenantredis.internal.keyspace;

import static org.assertj.core.api.Assertions.assertThat;

import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.RedisFuture;
import io.lettuce.core.api.async.RedisAsyncCommands;
import io.lettuce.core.api.reactive.RedisReactiveCommands;
import io.lettuce.core.api.sync.RedisCommands;
import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.protocol.AsyncCommand;
import io.lettuce.core.protocol.Command;
import io.lettuce.core.protocol.CommandArgs;
import io.lettuce.core.protocol.RedisCommand;
import io.tenantredis.CommandRefusedException;
import io.tenantredis.IsolationViolationException;
import io.tenantredis.TenantClient;
import io.tenantredis.TenantRedis;
import io.tenantredis.TenantRedisFailure;
import io.tenantredis.Tenants;
import io.tenantredis.internal.keyspace.RandomCalls.Call;
import io.tenantredis.test.server.RedisServer;
import io.tenantredis.test.server.RespConnection;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;

/**
 * The client's fence alone: two tenants whose users may do everything run generated commands in all
 * flavours at once, and a {@link Watch} shows that neither touched anything that is not its own.
 *
 * <p>The seed is printed. {@code -Dtenantredis.seed=N} runs the same commands again, {@code
 * -Dtenantredis.long=true} a million of them.
 */
class CanaryTest {

  private static final boolean LONG = Boolean.getBoolean("tenantredis.long");
  private static final Set<String> BLOCKING = CommandRules.standard().blockingNames();
  private static final int COMMANDS_OF_A_TENANT = LONG ? 500_000 : 15_000;
  private static final int IN_FLIGHT = 128;

  /** So often are a tenant's keys made anew, so that commands find the types they want. */
  private static final int RESEEDING = 200;

  /** One in so many of the calls that wait for their reply is a transaction. */
  private static final int TRANSACTIONS = 4;

  private static RedisServer server;
  private static RedisServer oracle;

  private final long seed = Long.getLong("tenantredis.seed", System.nanoTime());
  private final Queue<String> leaks = new ConcurrentLinkedQueue<>();
  private Watch watch;
  private Map<String, String> canaries;
  private TenantRedis redis;

  @BeforeAll
  static void startServers() {
    server = Watch.watched(Tenants.unconfined()).start();
    oracle = RedisServer.start();
  }

  @AfterAll
  static void stopServers() {
    server.close();
    oracle.close();
  }

  @BeforeEach
  void watch() {
    RespConnection admin = server.admin();
    admin.command("FLUSHALL");
    admin.command("FUNCTION", "FLUSH");
    admin.command("FUNCTION", "LOAD", FUNCTIONS);
    RandomCalls.SCRIPTS.forEach(script -> admin.command("SCRIPT", "LOAD", script));
    watch = Watch.over(server, oracle);
    canaries = watch.dump();
    watch.reset();
    redis = Tenants.client(server).commandTimeout(Duration.ofSeconds(60)).build();
  }

  /** They touch what they were given and nothing else. */
  private static final String FUNCTIONS =
      """
      #!lua name=canary
      redis.register_function('touch', function(keys, args)
        for i, k in ipairs(keys) do redis.pcall('APPEND', k, args[1] or 'x') end
        return keys
      end)
      redis.register_function{function_name='look', flags={'no-writes'}, callback=function(keys, args)
        for i, k in ipairs(keys) do redis.pcall('GET', k) end
        return args
      end}
      """;

  @AfterEach
  void stopWatching() {
    watch.meet();
    redis.close();
    watch.close();
  }

  @Test
  @Timeout(value = 60, unit = TimeUnit.MINUTES)
  void no_generated_command_of_a_tenant_touches_or_shows_what_is_not_its_own() throws Exception {
    say("reproduce with -Dtenantredis.seed=%d", seed);
    long start = System.nanoTime();
    List<Tenant> tenants =
        Watch.TENANTS.stream()
            .sorted()
            .map(name -> new Tenant(name, seed + name.length()))
            .toList();
    Thread stranger = CanaryChannels.stranger(server);
    List<Thread> threads = tenants.stream().map(tenant -> new Thread(tenant, tenant.name)).toList();
    threads.forEach(Thread::start);
    for (Thread thread : threads) {
      thread.join();
    }
    stranger.interrupt();
    stranger.join();
    watch.meet();
    redis.close();

    String how = "reproduce with -Dtenantredis.seed=" + seed;
    assertThat(leaks.stream().limit(20)).as(how).isEmpty();
    watch.assertNothingForeignWasTouched(canaries, how);
    for (Tenant tenant : tenants) {
      say(
          "%s issued %d commands of %d kinds, %s answered with data, %s with an error,"
              + " %s refused before they were sent, %d transactions of which %d were sent whole",
          tenant.name,
          tenant.issued,
          tenant.kinds.size(),
          tenant.answered,
          tenant.errors,
          tenant.refused,
          tenant.transactions,
          tenant.executedTransactions);
      assertThat(tenant.executedTransactions).as(how).isGreaterThan(COMMANDS_OF_A_TENANT / 500);
      assertThat(tenant.issued).isEqualTo(COMMANDS_OF_A_TENANT);
      assertThat(tenant.answered.get()).as(how).isGreaterThan(COMMANDS_OF_A_TENANT / 4);
      assertThat(tenant.refused.get()).as(how).isLessThan(COMMANDS_OF_A_TENANT / 10);
      assertThat(tenant.heard.get()).as(how).isPositive();
    }
    say(
        "the server executed %d commands of tenants, of %d kinds, with %d keys, in %d ms",
        watch.seen(),
        watch.executed().size(),
        watch.keysChecked(),
        TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start));
    assertThat(watch.seen()).isGreaterThan(COMMANDS_OF_A_TENANT);
    assertThat(watch.keysChecked()).isGreaterThan(COMMANDS_OF_A_TENANT);
    assertThat(watch.executed()).hasSizeGreaterThan(120);
  }

  /** The methods that applications call, with every option, in their flavours. */
  @Test
  void no_method_of_lettuce_touches_or_shows_what_is_not_the_tenants_own() {
    TenantClient<String, String> acme = redis.tenant("acme");
    RandomCalls.SEEDING.forEach(seeding -> await(acme, seeding.split(" ")));
    int called =
        callEach(RedisAsyncCommands.class, acme.async())
            + callEach(RedisCommands.class, acme.sync())
            + callEach(RedisReactiveCommands.class, acme.reactive());
    watch.meet();
    redis.close();

    assertThat(leaks).isEmpty();
    watch.assertNothingForeignWasTouched(canaries, "Lettuce's methods");
    say("%d calls of Lettuce's methods, %d commands executed", called, watch.seen());
    assertThat(watch.seen()).isGreaterThan(1_000);
  }

  private int callEach(Class<?> commands, Object target) {
    List<Method> methods =
        Arrays.stream(commands.getMethods())
            .filter(method -> !Modifier.isStatic(method.getModifiers()) && !method.isBridge())
            .filter(
                method -> !Set.of("setTimeout", "setAutoFlushCommands").contains(method.getName()))
            .sorted(Comparator.comparing(Method::toString))
            .toList();
    int called = 0;
    List<Runnable> waiting = new ArrayList<>();
    for (Method method : methods) {
      for (Object[] arguments : LettuceArguments.of(method)) {
        called++;
        if (BLOCKING.contains(method.getName().toUpperCase(Locale.ROOT))) {
          waiting.add(() -> call(method, target, arguments));
        } else {
          call(method, target, arguments);
        }
      }
    }
    // Each takes a second or more on the server.
    ExecutorService threads = Executors.newFixedThreadPool(8);
    try {
      CompletableFuture.allOf(
              waiting.stream()
                  .map(call -> CompletableFuture.runAsync(call, threads))
                  .toArray(CompletableFuture<?>[]::new))
          .join();
    } finally {
      threads.shutdown();
    }
    return called;
  }

  private void call(Method method, Object target, Object[] arguments) {
    try {
      Object result = method.invoke(target, arguments);
      if (result instanceof CompletionStage<?> stage) {
        result = stage.toCompletableFuture().get(60, TimeUnit.SECONDS);
      } else if (result instanceof Publisher<?> publisher) {
        result = Flux.from(publisher).collectList().block(Duration.ofSeconds(60));
      }
      look("acme", method.getName(), result);
    } catch (InvocationTargetException | java.util.concurrent.ExecutionException e) {
      look("acme", method.getName(), e.getCause());
    } catch (RuntimeException
        | ReflectiveOperationException
        | InterruptedException
        | java.util.concurrent.TimeoutException e) {
      look("acme", method.getName(), e);
    }
  }

  private void await(TenantClient<String, String> client, String... words) {
    try {
      client.async().dispatch(Fixtures.keyword(words[0]), new AnyReply(), args(words)).get();
    } catch (InterruptedException | java.util.concurrent.ExecutionException e) {
      throw new AssertionError(String.join(" ", words), e);
    }
  }

  /** No reply and no message holds what no tenant can know, or what the other one wrote. */
  private void look(String tenant, String command, Object reply) {
    String text = String.valueOf(reply);
    String others = tenant.equals("acme") ? mark("globex") : mark("acme");
    if (text.contains(Watch.SECRET) || text.contains(others)) {
      leaks.add(tenant + " was answered " + text + " to " + command);
    }
    for (Throwable cause = reply instanceof Throwable failure ? failure : null;
        cause != null;
        cause = cause.getCause()) {
      if (cause instanceof IsolationViolationException) {
        leaks.add(tenant + " would have been answered with foreign names to " + command);
      }
    }
  }

  private static void say(String text, Object... values) {
    System.out.println("CanaryTest: " + String.format(text, values));
  }

  private static String mark(String tenant) {
    return "written-by-" + tenant + "-5d1e";
  }

  private static CommandArgs<String, String> args(String[] words) {
    CommandArgs<String, String> args = new CommandArgs<>(StringCodec.UTF8);
    for (int i = 1; i < words.length; i++) {
      args.add(words[i]);
    }
    return args;
  }

  /** Issues its share of the commands, in an order and in flavours that follow from the seed. */
  private final class Tenant implements Runnable {

    final String name;
    final AtomicLong answered = new AtomicLong();
    final AtomicLong errors = new AtomicLong();
    final AtomicLong refused = new AtomicLong();
    final Set<String> kinds = new java.util.TreeSet<>();
    long issued;
    long transactions;
    long executedTransactions;
    final AtomicLong heard;
    private final Random random;
    private final RandomCalls calls;
    private final TenantClient<String, String> client;
    private final Semaphore room = new Semaphore(IN_FLIGHT);

    Tenant(String name, long seed) {
      this.name = name;
      this.random = new Random(seed);
      this.calls = new RandomCalls(random, callable(), mark(name));
      this.client = redis.tenant(name);
      this.heard = CanaryChannels.listen(client, message -> look(name, "a subscription", message));
    }

    @Override
    public void run() {
      try {
        while (issued < COMMANDS_OF_A_TENANT) {
          if (issued % RESEEDING == 0) {
            RandomCalls.SEEDING.forEach(seeding -> await(client, seeding.split(" ")));
          }
          issue(calls.next());
          issued++;
        }
        if (!room.tryAcquire(IN_FLIGHT, 2, TimeUnit.MINUTES)) {
          leaks.add(name + ": commands never ended");
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      } catch (RuntimeException | AssertionError e) {
        leaks.add(name + " failed: " + e);
      }
    }

    private void issue(Call call) throws InterruptedException {
      kinds.add(call.rule().name());
      String[] words = call.words();
      int flavour = random.nextInt(20);
      if (flavour == 0) {
        if (random.nextInt(TRANSACTIONS) == 0) {
          transaction(call);
        } else {
          sync(call, words);
        }
        return;
      }
      room.acquire();
      if (flavour < 10) {
        client
            .async()
            .dispatch(Fixtures.keyword(words[0]), new AnyReply(), args(words))
            .whenComplete((reply, failure) -> end(call, reply, failure));
      } else if (flavour < 15) {
        client
            .reactive()
            .dispatch(Fixtures.keyword(words[0]), new AnyReply(), args(words))
            .collectList()
            .subscribe(reply -> end(call, reply, null), failure -> end(call, null, failure));
      } else {
        AsyncCommand<String, String, Object> command =
            new AsyncCommand<>(
                new Command<>(Fixtures.keyword(words[0]), new AnyReply(), args(words)));
        command.whenComplete((reply, failure) -> end(call, reply, failure));
        if (flavour < 18) {
          client.connection().dispatch((RedisCommand<String, String, Object>) command);
        } else {
          client.connection().dispatch(List.of(command));
        }
      }
    }

    /** A call, and others with it, between MULTI and EXEC. */
    private void transaction(Call first) {
      List<Call> parts = new ArrayList<>(List.of(first));
      for (int i = random.nextInt(4); i > 0; i--) {
        parts.add(calls.next());
      }
      List<RedisFuture<Object>> queued = new ArrayList<>();
      boolean refusedInPart =
          client.dedicated(
              connection -> {
                watch.meet();
                RedisAsyncCommands<String, String> async = connection.async();
                async.multi();
                for (Call part : parts) {
                  String[] words = part.words();
                  queued.add(
                      async.dispatch(Fixtures.keyword(words[0]), new AnyReply(), args(words)));
                }
                Throwable failure =
                    async.exec().handle((result, thrown) -> thrown).toCompletableFuture().join();
                look(name, "EXEC", failure);
                return failure instanceof CommandRefusedException;
              });
      transactions++;
      if (!refusedInPart) {
        executedTransactions++;
      }
      for (int i = 0; i < parts.size(); i++) {
        Call part = parts.get(i);
        queued
            .get(i)
            .handle((reply, failure) -> ended(part, reply, failure))
            .toCompletableFuture()
            .orTimeout(60, TimeUnit.SECONDS)
            .join();
      }
    }

    /** What became of a part: an error, or a DISCARD, may have kept all of them from running. */
    private boolean ended(Call part, Object reply, Throwable failure) {
      if (failure instanceof RedisCommandExecutionException
          || failure instanceof CancellationException) {
        look(name, part.toString(), failure);
        errors.incrementAndGet();
      } else {
        took(part, reply, failure);
      }
      return true;
    }

    private void sync(Call call, String[] words) {
      Object reply = null;
      Throwable failure = null;
      try {
        reply = client.sync().dispatch(Fixtures.keyword(words[0]), new AnyReply(), args(words));
      } catch (RuntimeException e) {
        failure = e;
      }
      took(call, reply, failure);
    }

    private void end(Call call, Object reply, Throwable failure) {
      try {
        took(call, reply, failure);
      } finally {
        room.release();
      }
    }

    private void took(Call call, Object reply, Throwable thrown) {
      Throwable failure = thrown instanceof CompletionException ? thrown.getCause() : thrown;
      look(name, call.toString(), failure == null ? reply : failure);
      if (failure == null) {
        answered.incrementAndGet();
      } else if (failure instanceof CommandRefusedException) {
        refused.incrementAndGet();
      } else if (failure instanceof RedisCommandExecutionException
          && failure instanceof TenantRedisFailure) {
        errors.incrementAndGet();
      } else {
        leaks.add(name + " failed with " + failure + ": " + call);
      }
    }
  }

  /** What tenants may run on a connection that they share, and this server knows. */
  static List<CommandRule> callable() {
    Set<String> known =
        oracle.admin().list("COMMAND", "LIST").stream()
            .map(name -> name.toString().toUpperCase(java.util.Locale.ROOT).replace('|', ' '))
            .collect(Collectors.toSet());
    List<CommandRule> callable = new ArrayList<>();
    for (CommandRule rule : CommandRules.standard().all()) {
      boolean shared = !rule.isStateful() && !rule.isBlocking() && !rule.isPubSub();
      if (!rule.isRefused() && shared && known.contains(rule.name())) {
        callable.add(rule);
      }
    }
    return callable;
  }
}
