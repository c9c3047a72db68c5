package io.tenantredis.internal.keyspace;

import io.lettuce.core.Consumer;
import io.lettuce.core.GeoValue;
import io.lettuce.core.KeyValue;
import io.lettuce.core.Limit;
import io.lettuce.core.Range;
import io.lettuce.core.ScanCursor;
import io.lettuce.core.ScoredValue;
import io.lettuce.core.XReadArgs.StreamOffset;
import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.json.JsonPath;
import io.lettuce.core.output.CommandOutput;
import io.lettuce.core.output.ValueOutput;
import io.lettuce.core.protocol.Command;
import io.lettuce.core.protocol.CommandArgs;
import io.lettuce.core.protocol.CommandType;
import io.lettuce.core.protocol.ProtocolKeyword;
import io.lettuce.core.protocol.RedisCommand;
import io.lettuce.core.search.arguments.FieldArgs;
import io.lettuce.core.search.arguments.NumericFieldArgs;
import io.lettuce.core.search.arguments.TagFieldArgs;
import io.lettuce.core.search.arguments.TextFieldArgs;
import java.lang.reflect.Array;
import java.lang.reflect.Constructor;
import java.lang.reflect.GenericArrayType;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Proxy;
import java.lang.reflect.Type;
import java.lang.reflect.TypeVariable;
import java.lang.reflect.WildcardType;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Arguments for calling any method of Lettuce's command interfaces: for each parameter a plain
 * value first, and then, for types that collect options, one value for each option that there is.
 */
final class LettuceArguments {

  private static final int MAX_DEPTH = 3;
  private static final int MAX_VARIANTS = 60;

  private LettuceArguments() {}

  /** Argument lists for a method: all plain, and then each parameter in each of its variants. */
  static List<Object[]> of(Method method) {
    Type[] types = method.getGenericParameterTypes();
    List<List<Object>> variants = new ArrayList<>();
    for (Type type : types) {
      variants.add(variants(type, 0));
    }
    List<Object[]> lists = new ArrayList<>();
    lists.add(plain(variants));
    for (int i = 0; i < types.length; i++) {
      for (Object variant :
          variants.get(i).subList(Math.min(1, variants.get(i).size()), variants.get(i).size())) {
        Object[] list = plain(variants);
        list[i] = variant;
        lists.add(list);
      }
    }
    return lists;
  }

  private static Object[] plain(List<List<Object>> variants) {
    return variants.stream().map(values -> values.isEmpty() ? null : values.get(0)).toArray();
  }

  private static List<Object> variants(Type type, int depth) {
    if (type instanceof TypeVariable<?> variable) {
      return List.of(variable.getName().equals("K") ? "key" : "value");
    }
    if (type instanceof WildcardType wildcard) {
      return variants(wildcard.getUpperBounds()[0], depth);
    }
    if (type instanceof GenericArrayType array) {
      return array(
          raw(array.getGenericComponentType()), variants(array.getGenericComponentType(), depth));
    }
    Type[] arguments =
        type instanceof ParameterizedType parameterized
            ? parameterized.getActualTypeArguments()
            : new Type[0];
    return variants(raw(type), arguments, depth);
  }

  private static List<Object> variants(Class<?> type, Type[] arguments, int depth) {
    List<Object> known = known(type, arguments, depth);
    if (known != null) {
      return known;
    }
    if (type.isArray()) {
      return array(type.getComponentType(), variants(type.getComponentType(), depth));
    }
    if (type.isEnum()) {
      return List.of((Object[]) type.getEnumConstants());
    }
    if (depth > MAX_DEPTH) {
      return List.of();
    }
    List<Object> built = built(type, depth);
    if (built.isEmpty() && type.isInterface()) {
      return List.of(proxy(type));
    }
    return built.subList(0, Math.min(MAX_VARIANTS, built.size()));
  }

  private static List<Object> known(Class<?> type, Type[] arguments, int depth) {
    if (type == String.class || type == CharSequence.class || type == Object.class) {
      return List.of("text");
    }
    if (type == long.class || type == Long.class || type == Number.class) {
      return List.of(1L);
    }
    if (type == int.class || type == Integer.class) {
      return List.of(1);
    }
    if (type == double.class || type == Double.class) {
      return List.of(1.5);
    }
    if (type == boolean.class || type == Boolean.class) {
      return List.of(true, false);
    }
    if (type == RedisCommand.class) {
      return List.of(
          new Command<>(
              CommandType.GET,
              new ValueOutput<>(StringCodec.UTF8),
              new CommandArgs<>(StringCodec.UTF8)));
    }
    if (type == Object[].class) {
      return List.of(
          new Object[] {1.5, 2.5, "value"},
          new Object[] {1.5, "value"},
          new Object[] {"field", "value"});
    }
    if (type == byte[].class) {
      return List.of(new byte[] {1, 2});
    }
    if (type == Duration.class) {
      return List.of(Duration.ofSeconds(1));
    }
    if (type == Instant.class) {
      return List.of(Instant.ofEpochSecond(2_000_000_000));
    }
    if (type == Date.class) {
      return List.of(new Date(2_000_000_000_000L));
    }
    if (type == Map.class) {
      return List.of(Map.of("field", "value"));
    }
    if (type == List.class || type == Iterable.class || type == java.util.Collection.class) {
      return variants(arguments[0], depth + 1).stream()
          .map(element -> (Object) List.of(element))
          .toList();
    }
    if (type == Set.class) {
      return variants(arguments[0], depth + 1).stream()
          .map(element -> (Object) Set.of(element))
          .toList();
    }
    if (type == Range.class) {
      boolean text =
          !(arguments[0] instanceof WildcardType wildcard
              && wildcard.getUpperBounds()[0] == Number.class);
      boolean number = arguments[0] == Integer.class || arguments[0] == Long.class;
      return text && !number
          ? List.of(Range.create("1", "2"), Range.unbounded())
          : List.of(
              arguments[0] == Integer.class ? Range.create(1, 2) : Range.create(1L, 2L),
              Range.unbounded());
    }
    if (type == Limit.class) {
      return List.of(Limit.create(0, 10), Limit.unlimited());
    }
    if (type == ScanCursor.class) {
      return List.of(ScanCursor.of("17"), ScanCursor.INITIAL);
    }
    if (type == StreamOffset.class) {
      return List.of(
          StreamOffset.from("key", "0-0"),
          StreamOffset.latest("key"),
          StreamOffset.lastConsumed("key"));
    }
    if (type == Consumer.class) {
      return List.of(Consumer.from("group", "consumer"));
    }
    if (type == GeoValue.class) {
      return List.of(GeoValue.just(1, 2, "value"));
    }
    if (type == ScoredValue.class) {
      return List.of(ScoredValue.just(1, "value"));
    }
    if (type == KeyValue.class) {
      return List.of(KeyValue.just("key", "value"));
    }
    if (type == JsonPath.class) {
      return List.of(JsonPath.of("$.a"), JsonPath.ROOT_PATH);
    }
    if (type == FieldArgs.class) {
      return List.of(
          TextFieldArgs.builder().name("field").sortable().build(),
          TagFieldArgs.builder().name("field").build(),
          NumericFieldArgs.builder().name("field").build());
    }
    if (type == ProtocolKeyword.class) {
      return List.of(CommandType.GET);
    }
    if (type == CommandOutput.class) {
      return List.of(new ValueOutput<>(StringCodec.UTF8));
    }
    if (type == CommandArgs.class) {
      return List.of(new CommandArgs<>(StringCodec.UTF8).addKey("key"));
    }
    return null;
  }

  /** One array of one element for each variant, and one of several. */
  private static List<Object> array(Class<?> component, List<Object> elements) {
    List<Object> arrays = new ArrayList<>();
    for (Object element : elements) {
      Object array = Array.newInstance(component, 1);
      Array.set(array, 0, element);
      arrays.add(array);
    }
    if (!elements.isEmpty()) {
      Object array = Array.newInstance(component, 3);
      for (int i = 0; i < 3; i++) {
        Array.set(array, i, elements.get(i % elements.size()));
      }
      arrays.add(array);
    }
    return arrays;
  }

  /** Instances from constructors, factories and builders, and each of them with each option. */
  private static List<Object> built(Class<?> type, int depth) {
    List<Object> bare = new ArrayList<>();
    for (Constructor<?> constructor : type.getConstructors()) {
      if (!Modifier.isAbstract(type.getModifiers())) {
        call(
            () -> constructor.newInstance(plain(constructor.getGenericParameterTypes(), depth)),
            bare);
      }
    }
    List<Object> made = new ArrayList<>(bare);
    for (Class<?> factory : concat(type, type.getDeclaredClasses())) {
      for (Method method : methods(factory)) {
        if (Modifier.isStatic(method.getModifiers())
            && type.isAssignableFrom(method.getReturnType())) {
          call(() -> method.invoke(null, plain(method.getGenericParameterTypes(), depth)), made);
        }
      }
    }
    for (Object start : List.copyOf(bare)) {
      made.addAll(withEachOption(type, start.getClass(), () -> again(start, depth), depth));
    }
    for (Method method : methods(type)) {
      boolean builder =
          Modifier.isStatic(method.getModifiers())
              && method.getReturnType().getSimpleName().endsWith("Builder");
      if (builder) {
        Source start = () -> method.invoke(null, plain(method.getGenericParameterTypes(), depth));
        call(() -> build(start.get()), made);
        made.addAll(withEachOption(type, method.getReturnType(), start, depth));
      }
    }
    return made;
  }

  private static List<Object> withEachOption(
      Class<?> wanted, Class<?> type, Source start, int depth) {
    List<Object> made = new ArrayList<>();
    for (Method method : methods(type)) {
      boolean own =
          method.getDeclaringClass() != Object.class && !Modifier.isStatic(method.getModifiers());
      boolean option =
          own
              && (method.getReturnType().isAssignableFrom(type)
                  || method.getReturnType() == void.class)
              && !method.getName().equals("build");
      if (!option) {
        continue;
      }
      for (Object[] arguments : each(method.getGenericParameterTypes(), depth)) {
        call(
            () -> {
              Object object = start.get();
              method.invoke(object, arguments);
              return wanted.isInstance(object) ? object : build(object);
            },
            made);
      }
    }
    return made;
  }

  private static List<Object[]> each(Type[] types, int depth) {
    if (types.length != 1) {
      return List.<Object[]>of(plain(types, depth));
    }
    return variants(types[0], depth + 1).stream().map(value -> new Object[] {value}).toList();
  }

  private static Object again(Object start, int depth) throws ReflectiveOperationException {
    Constructor<?> constructor =
        Arrays.stream(start.getClass().getConstructors())
            .min(Comparator.comparingInt(Constructor::getParameterCount))
            .orElseThrow();
    return constructor.newInstance(plain(constructor.getGenericParameterTypes(), depth));
  }

  private static Object build(Object builder) throws ReflectiveOperationException {
    Method build = builder.getClass().getMethod("build");
    build.setAccessible(true);
    return build.invoke(builder);
  }

  private static Object[] plain(Type[] types, int depth) {
    return Arrays.stream(types)
        .map(type -> variants(type, depth + 1))
        .map(values -> values.isEmpty() ? null : values.get(0))
        .toArray();
  }

  /** In a fixed order: reflection has none. */
  private static List<Method> methods(Class<?> type) {
    if (!Modifier.isPublic(type.getModifiers())) {
      return List.of();
    }
    return Arrays.stream(type.getMethods())
        // Some options are public methods of a class that is not.
        .filter(method -> !method.isBridge() && method.trySetAccessible())
        .sorted(Comparator.comparing(Method::toString))
        .toList();
  }

  private static Class<?>[] concat(Class<?> first, Class<?>[] others) {
    Class<?>[] all = Arrays.copyOf(new Class<?>[] {first}, others.length + 1);
    System.arraycopy(others, 0, all, 1, others.length);
    return all;
  }

  private static Object proxy(Class<?> type) {
    return Proxy.newProxyInstance(
        type.getClassLoader(),
        new Class<?>[] {type},
        (self, method, arguments) -> {
          Class<?> wanted = method.getReturnType();
          if (wanted == ByteBuffer.class) {
            return ByteBuffer.wrap(new byte[] {'1'});
          }
          if (wanted == String.class) {
            return "1";
          }
          return wanted == boolean.class ? (Object) false : wanted == int.class ? (Object) 0 : null;
        });
  }

  /** Values that a type does not take are no variants of it. */
  private static void call(Source source, List<Object> to) {
    try {
      Object made = source.get();
      if (made != null) {
        to.add(made);
      }
    } catch (InvocationTargetException | IllegalArgumentException refused) {
      // The type itself says that this combination does not exist.
    } catch (ReflectiveOperationException e) {
      throw new AssertionError(e);
    }
  }

  private static Class<?> raw(Type type) {
    if (type instanceof Class<?> plain) {
      return plain;
    }
    if (type instanceof ParameterizedType parameterized) {
      return (Class<?>) parameterized.getRawType();
    }
    if (type instanceof GenericArrayType array) {
      return raw(array.getGenericComponentType()).arrayType();
    }
    return type instanceof TypeVariable<?> variable ? raw(variable.getBounds()[0]) : Object.class;
  }

  private interface Source {
    Object get() throws ReflectiveOperationException;
  }
}
