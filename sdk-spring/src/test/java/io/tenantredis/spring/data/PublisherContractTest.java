package io.tenantredis.spring.data;

import static org.assertj.core.api.Assertions.assertThat;

import io.tenantredis.TenantId;
import io.tenantredis.context.TenantContext;
import io.tenantredis.spring.TestTenants;
import io.tenantredis.test.server.RedisServer;
import java.lang.reflect.Method;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.reactivestreams.Publisher;
import org.springframework.data.redis.connection.ReactiveRedisConnection;
import reactor.core.publisher.Flux;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/**
 * The reactive methods that take a publisher of commands: several commands to each, their answers
 * and what they write compared with those of a server of one's own. Whose commands they are is
 * decided when the connection is asked for, and not where or when a command comes.
 */
class PublisherContractTest extends ConnectionContract {

  private static final TenantId GLOBEX = TenantId.of("globex");

  /** With more than one of these the second would wait for somebody to push. */
  private static final Set<String> BLOCKING = Set.of("bPop", "bLMove", "bRPopLPush", "bZPop");

  @BeforeAll
  static void start() {
    RedisServer server = sharedServer("tenant:acme:").start();
    compare(server, TestTenants.client(server));
  }

  @Test
  void severalCommandsOfEachKindAnswerAndWriteAsOnAServerOfTheirOwn() throws Exception {
    Set<String> without = eachPublisherMethod(commands -> commands);
    assertThat(without).isEmpty();
    assertNoDifference(130);
  }

  @Test
  void commandsThatComeOnAThreadOfAnotherTenantAreStillTheConnections() throws Exception {
    ExecutorService thread =
        Executors.newSingleThreadExecutor(
            task -> new Thread(() -> TenantContext.run(GLOBEX, task), "globex"));
    Scheduler globex = Schedulers.fromExecutorService(thread);
    try {
      eachPublisherMethod(commands -> Flux.from(commands).publishOn(globex, 1));
    } finally {
      globex.dispose();
      thread.shutdownNow();
    }
    assertNoDifference(130);
  }

  /** Names those for which there was no command. */
  private Set<String> eachPublisherMethod(UnaryOperator<Publisher<?>> from) throws Exception {
    Set<String> without = new TreeSet<>();
    Map<String, String> groups = new TreeMap<>(GROUPS);
    groups.put("number", "string");
    for (Map.Entry<String, String> group : groups.entrySet()) {
      String name = group.getKey().substring(0, 1).toUpperCase() + group.getKey().substring(1);
      Class<?> type =
          Class.forName("org.springframework.data.redis.connection.Reactive" + name + "Commands");
      ContractArguments arguments = new ContractArguments(group.getValue());
      for (Method method : RecordedCommands.of(type, arguments).keySet()) {
        if (NOT_COMPARED.contains(method.getName())) {
          continue;
        }
        if (RecordedCommands.of(type, arguments).get(method).isEmpty()) {
          without.add(method.getName());
          continue;
        }
        both(
            method.toString(),
            factory ->
                answers(
                    factory.reactive(),
                    method,
                    commandsFor(method, RecordedCommands.of(type, arguments).get(method)),
                    from));
      }
    }
    return without;
  }

  private static List<Object> commandsFor(Method method, List<Object> recorded) {
    return BLOCKING.contains(method.getName()) ? recorded.subList(0, 1) : recorded;
  }

  private static List<Object> answers(
      ReactiveRedisConnection connection,
      Method method,
      List<Object> commands,
      UnaryOperator<Publisher<?>> from)
      throws Exception {
    try {
      Object answers =
          invokeOn(
              commands(connection, method),
              method,
              new Object[] {from.apply(Flux.fromIterable(commands))});
      return Flux.from((Publisher<?>) answers)
          .concatMap(answer -> answer(commands, answer))
          .collectList()
          .block();
    } finally {
      connection.close();
    }
  }

  private static Flux<Object> answer(List<Object> commands, Object answer) {
    if (!(answer instanceof ReactiveRedisConnection.CommandResponse<?, ?> response)) {
      return Flux.just(answer);
    }
    String to = commands.indexOf(response.getInput()) + (response.isPresent() ? "=" : "-");
    Object output = response.getOutput();
    return output instanceof Publisher<?> several
        ? Flux.from(several)
            .map(ConnectionContract::normal)
            .collectList()
            .map(all -> (Object) (to + all))
            .flux()
        : Flux.just(to + normal(output));
  }
}
