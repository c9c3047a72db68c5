package io.tenantredis.spring.data;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * The command objects that a reactive interface of Spring Data makes of its simple methods, by the
 * method which takes a publisher of them: the simple methods are defaults that call those.
 */
final class RecordedCommands implements InvocationHandler {

  private final Map<Method, List<Object>> commands = new LinkedHashMap<>();

  private RecordedCommands() {}

  /** Of all simple methods of the interface, on these keys. */
  static Map<Method, List<Object>> of(Class<?> type, ContractArguments arguments) {
    RecordedCommands recorded = new RecordedCommands();
    Object recorder =
        Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, recorded);
    for (Method method : sorted(type)) {
      if (method.isDefault() && !takesPublisher(method)) {
        try {
          Object[] values = arguments.of(method);
          for (int i = 0; i < values.length; i++) {
            values[i] = values[i] == null ? ContractArguments.offsets(method) : values[i];
          }
          Object result = method.invoke(recorder, values);
          if (result instanceof Publisher<?> publisher) {
            Flux.from(publisher).collectList().block();
          }
        } catch (InvocationTargetException
            | IllegalAccessException
            | IllegalArgumentException unusable) {
          // Of what takes a publisher, the test asks whether it got any command.
        }
      }
    }
    for (Method method : sorted(type)) {
      if (takesPublisher(method)) {
        recorded.commands.computeIfAbsent(method, none -> new ArrayList<>());
      }
    }
    return recorded.commands;
  }

  private static List<Method> sorted(Class<?> type) {
    return Arrays.stream(type.getMethods())
        .filter(method -> !Modifier.isStatic(method.getModifiers()))
        .sorted(Comparator.comparing(Method::toString))
        .toList();
  }

  static boolean takesPublisher(Method method) {
    return method.getParameterCount() > 0 && method.getParameterTypes()[0] == Publisher.class;
  }

  @Override
  public Object invoke(Object proxy, Method method, Object[] arguments) throws Throwable {
    if (takesPublisher(method)) {
      commands
          .computeIfAbsent(method, none -> new ArrayList<>())
          .addAll(Flux.from((Publisher<?>) arguments[0]).collectList().block());
      return method.isDefault()
          ? InvocationHandler.invokeDefault(proxy, method, arguments)
          : Flux.empty();
    }
    if (method.isDefault()) {
      return InvocationHandler.invokeDefault(proxy, method, arguments);
    }
    return method.getReturnType() == Mono.class ? Mono.empty() : Flux.empty();
  }
}
