package io.tenantredis.spring.data;

import java.lang.reflect.Array;
import java.lang.reflect.Method;
import java.lang.reflect.Parameter;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.springframework.data.domain.Range;
import org.springframework.data.geo.Circle;
import org.springframework.data.geo.Distance;
import org.springframework.data.geo.Metrics;
import org.springframework.data.geo.Point;
import org.springframework.data.redis.connection.BitFieldSubCommands;
import org.springframework.data.redis.connection.CompareCondition;
import org.springframework.data.redis.connection.DefaultSortParameters;
import org.springframework.data.redis.connection.ExpirationOptions;
import org.springframework.data.redis.connection.Limit;
import org.springframework.data.redis.connection.ReactiveListCommands;
import org.springframework.data.redis.connection.ReactiveSetCommands;
import org.springframework.data.redis.connection.ReactiveStreamCommands;
import org.springframework.data.redis.connection.RedisGeoCommands;
import org.springframework.data.redis.connection.RedisStreamCommands;
import org.springframework.data.redis.connection.RedisZSetCommands;
import org.springframework.data.redis.connection.SetCondition;
import org.springframework.data.redis.connection.SortParameters;
import org.springframework.data.redis.connection.stream.ByteBufferRecord;
import org.springframework.data.redis.connection.stream.Consumer;
import org.springframework.data.redis.connection.stream.MapRecord;
import org.springframework.data.redis.connection.stream.ReadOffset;
import org.springframework.data.redis.connection.stream.RecordId;
import org.springframework.data.redis.connection.stream.StreamOffset;
import org.springframework.data.redis.connection.stream.StreamReadOptions;
import org.springframework.data.redis.connection.zset.Tuple;
import org.springframework.data.redis.connection.zset.Weights;
import org.springframework.data.redis.core.KeyScanOptions;
import org.springframework.data.redis.core.ScanOptions;
import org.springframework.data.redis.core.types.Expiration;
import org.springframework.data.redis.domain.geo.GeoReference;
import org.springframework.data.redis.domain.geo.GeoShape;

/**
 * Arguments for any method of Spring Data's command interfaces, by the names and types of its
 * parameters: keys of {@link #load}'s data, values that look like keys, and small numbers.
 */
final class ContractArguments {

  private static final Set<String> KEYS =
      Set.of("key", "source", "sourceKey", "srcKey", "oldKey", "from");
  private static final Set<String> DESTINATIONS =
      Set.of(
          "destKey",
          "destination",
          "destinationKey",
          "dstKey",
          "storeKey",
          "targetKey",
          "newKey",
          "to");
  private static final double LONGITUDE = 13.361389;
  private static final double LATITUDE = 38.115556;

  private final String key;

  /** Arguments on the keys {@code key} and {@code key2}. */
  ContractArguments(String key) {
    this.key = key;
  }

  static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  static ByteBuffer buffer(String text) {
    return ByteBuffer.wrap(bytes(text));
  }

  Object[] of(Method method) {
    return Arrays.stream(method.getParameters()).map(parameter -> of(method, parameter)).toArray();
  }

  private Object of(Method method, Parameter parameter) {
    String name = parameter.getName();
    Class<?> type = parameter.getType();
    if (type == byte[].class) {
      return bytes(text(name));
    }
    if (type == ByteBuffer.class) {
      return buffer(text(name));
    }
    if (type == String.class) {
      return string(name);
    }
    if (type.isPrimitive() || Number.class.isAssignableFrom(type)) {
      return number(name, type);
    }
    if (type.isArray()) {
      return array(name, type.getComponentType());
    }
    if (type == Map.class) {
      return map(method, parameter.getParameterizedType(), name);
    }
    if (type == List.class
        || type == Set.class
        || type == java.util.Collection.class
        || type == Iterable.class) {
      return collection(
          ((ParameterizedType) parameter.getParameterizedType()).getActualTypeArguments()[0],
          type,
          name);
    }
    if (type == Range.class) {
      return range(method, parameter.getParameterizedType());
    }
    return other(method, parameter.getParameterizedType(), type);
  }

  private String text(String name) {
    if (KEYS.contains(name)) {
      return key;
    }
    if (DESTINATIONS.contains(name)) {
      return "destination";
    }
    return switch (name) {
      case "pattern" -> "*";
      case "field" -> "f1";
      default -> "m1";
    };
  }

  private static String string(String name) {
    return switch (name) {
      case "group", "groupName" -> "g1";
      case "consumerName", "newOwner" -> "c1";
      case "min" -> "-inf";
      case "max" -> "+inf";
      default -> throw new IllegalArgumentException("String " + name);
    };
  }

  private static Object number(String name, Class<?> type) {
    if (type == boolean.class) {
      return true;
    }
    long value =
        switch (name) {
          case "start", "index", "dbIndex", "database", "min", "offset" -> 0;
          case "end" -> -1;
          case "max", "radius" -> 1000;
          case "seconds", "ttlInMillis", "millis", "milliseconds" -> 100_000;
          case "unixTime" -> 4_102_444_800L;
          case "unixTimeInMillis" -> 4_102_444_800_000L;
          default -> 1;
        };
    if (type == int.class || type == Integer.class) {
      return (int) value;
    }
    return type == double.class || type == Double.class ? (Object) (double) value : (Object) value;
  }

  private Object array(String name, Class<?> element) {
    List<?> values;
    if (element == byte[].class) {
      values = texts(name).stream().map(ContractArguments::bytes).toList();
    } else if (element == StreamOffset.class) {
      // Keys are of the connection's own type: see offsets().
      return null;
    } else if (element == RecordId.class) {
      values = List.of(RecordId.of("1-1"));
    } else if (element == String.class) {
      values = List.of("1-1");
    } else if (element == int.class) {
      return new int[] {1, 2};
    } else {
      throw new IllegalArgumentException(element.getName());
    }
    Object array = Array.newInstance(element, values.size());
    for (int i = 0; i < values.size(); i++) {
      Array.set(array, i, values.get(i));
    }
    return array;
  }

  private List<String> texts(String name) {
    return switch (name) {
      case "keys", "sets", "sourceKeys" -> List.of(key, key + "2");
      case "fields" -> List.of("f1", "f2");
      default -> List.of("m1", key);
    };
  }

  private Map<?, ?> map(Method method, Type type, String name) {
    if (type.getTypeName().contains("Point")) {
      return Map.of(bytes("m7"), new Point(LONGITUDE, LATITUDE));
    }
    String first = name.equals("tuple") || name.equals("keyValuePairs") ? key : "f1";
    return type.getTypeName().contains("ByteBuffer")
        ? Map.of(buffer(first), buffer(key))
        : Map.of(bytes(first), bytes(key));
  }

  private Object collection(Type element, Class<?> type, String name) {
    String of = element.getTypeName();
    List<?> values;
    if (of.endsWith("Tuple")) {
      values = List.of(Tuple.of(bytes(key), 5.0));
    } else if (of.contains("GeoLocation<byte[]>")) {
      values =
          List.of(new RedisGeoCommands.GeoLocation<>(bytes("m7"), new Point(LONGITUDE, LATITUDE)));
    } else if (of.contains("GeoLocation")) {
      values =
          List.of(new RedisGeoCommands.GeoLocation<>(buffer("m7"), new Point(LONGITUDE, LATITUDE)));
    } else if (of.endsWith("Double")) {
      values = List.of(1.0, 2.0);
    } else {
      values = texts(name).stream().map(ContractArguments::buffer).toList();
    }
    return type == Set.class ? Set.copyOf(values) : values;
  }

  private static Range<?> range(Method method, Type type) {
    String of = type.getTypeName();
    if (method.getName().toLowerCase(java.util.Locale.ROOT).contains("lex")) {
      return Range.unbounded();
    }
    if (of.contains("Long")) {
      return Range.closed(0L, -1L);
    }
    return of.contains("Double") || of.contains("Number")
        ? Range.closed(0.0, 10.0)
        : Range.unbounded();
  }

  private Object other(Method method, Type generic, Class<?> type) {
    if (type == StreamOffset.class) {
      return StreamOffset.fromStart(bytes(key));
    }
    if (type.isEnum()) {
      return type.getEnumConstants()[0];
    }
    return switch (type.getSimpleName()) {
      case "BitFieldSubCommands" ->
          BitFieldSubCommands.create().get(BitFieldSubCommands.BitFieldType.unsigned(4)).valueAt(0);
      case "CompareCondition" -> CompareCondition.ifEquals(bytes("1"));
      case "SetCondition" -> SetCondition.upsert();
      case "ExpirationOptions" -> ExpirationOptions.none();
      case "Limit" -> Limit.limit().count(2);
      case "LPosCommand" -> ReactiveListCommands.LPosCommand.lPosOf(buffer("m1")).from(buffer(key));
      case "SPopCommand" -> ReactiveSetCommands.SPopCommand.members(9).from(buffer(key));
      case "GroupCommand" ->
          ReactiveStreamCommands.GroupCommand.destroyGroup("g1").forStream(buffer(key));
      case "GeoRadiusCommandArgs" ->
          RedisGeoCommands.GeoRadiusCommandArgs.newGeoRadiusArgs()
              .includeDistance()
              .includeCoordinates()
              .sortAscending();
      case "GeoSearchCommandArgs" ->
          RedisGeoCommands.GeoSearchCommandArgs.newGeoSearchArgs()
              .includeDistance()
              .sortAscending();
      case "GeoSearchStoreCommandArgs" ->
          RedisGeoCommands.GeoSearchStoreCommandArgs.newGeoSearchStoreArgs().sortAscending();
      case "GeoLocation" ->
          new RedisGeoCommands.GeoLocation<Object>(
              generic.getTypeName().contains("ByteBuffer") ? buffer("m7") : bytes("m7"),
              new Point(LONGITUDE, LATITUDE));
      case "XAddOptions" -> RedisStreamCommands.XAddOptions.maxlen(5);
      case "XClaimOptions" ->
          RedisStreamCommands.XClaimOptions.minIdle(Duration.ZERO).ids(RecordId.of("1-1"));
      case "XDelOptions" -> RedisStreamCommands.XDelOptions.defaults();
      case "XPendingOptions" -> RedisStreamCommands.XPendingOptions.unbounded(10L);
      case "XTrimOptions" ->
          RedisStreamCommands.XTrimOptions.trim(RedisStreamCommands.TrimOptions.maxLen(1));
      case "ZAddArgs" -> RedisZSetCommands.ZAddArgs.empty();
      case "SortParameters" ->
          new DefaultSortParameters(null, SortParameters.Order.DESC, true)
              .by(bytes("weight_*"))
              .get(bytes("named_*"));
      case "TimeUnit" -> TimeUnit.SECONDS;
      case "Duration" -> Duration.ofSeconds(100);
      case "Instant" -> Instant.ofEpochSecond(4_102_444_800L);
      case "Circle" ->
          new Circle(new Point(LONGITUDE, LATITUDE), new Distance(1000, Metrics.KILOMETERS));
      case "Distance" -> new Distance(1000, Metrics.KILOMETERS);
      case "Metric" -> Metrics.KILOMETERS;
      case "Point" -> new Point(LONGITUDE, LATITUDE);
      case "KeyScanOptions" ->
          KeyScanOptions.scanOptions(org.springframework.data.redis.connection.DataType.STRING)
              .count(100)
              .build();
      case "ScanOptions" -> ScanOptions.scanOptions().count(100).match("*").build();
      case "Expiration" -> Expiration.seconds(100);
      case "GeoReference" ->
          generic.getTypeName().contains("ByteBuffer")
              ? GeoReference.fromMember(buffer("m1"))
              : GeoReference.fromMember(bytes("m1"));
      case "GeoShape" -> GeoShape.byRadius(new Distance(1000, Metrics.KILOMETERS));
      case "ByteBufferRecord" ->
          ByteBufferRecord.of(
              MapRecord.create(buffer(key), Map.of(buffer("f1"), buffer(key)))
                  .withId(RecordId.of("9-9")));
      case "Consumer" -> Consumer.from("g1", "c1");
      case "MapRecord" ->
          MapRecord.create(bytes(key), Map.of(bytes("f1"), bytes(key))).withId(RecordId.of("9-9"));
      case "ReadOffset" -> ReadOffset.from("0-0");
      case "StreamReadOptions" -> StreamReadOptions.empty().count(5);
      case "Weights" -> Weights.of(1, 2);
      default -> throw new IllegalArgumentException(method + ": " + generic.getTypeName());
    };
  }

  /** Where streams are read from, with keys of the type that the method's interface has. */
  static Object offsets(Method method) {
    boolean consumer = Arrays.asList(method.getParameterTypes()).contains(Consumer.class);
    ReadOffset from = consumer ? ReadOffset.lastConsumed() : ReadOffset.from("0-0");
    Object key =
        method.getDeclaringClass().getSimpleName().startsWith("Reactive")
            ? buffer("stream")
            : bytes("stream");
    return new StreamOffset<?>[] {StreamOffset.create(key, from)};
  }

  /** Commands that fill a database: each data type under two keys. */
  static List<List<String>> load(String prefix) {
    return List.of(
        List.of(
            "MSET",
            prefix + "string",
            "1",
            prefix + "string2",
            "2",
            prefix + "weight_1",
            "2",
            prefix + "weight_2",
            "1",
            prefix + "named_1",
            "one",
            prefix + "named_2",
            "two"),
        List.of("RPUSH", prefix + "list", "m1", "list", "m1"),
        List.of("RPUSH", prefix + "list2", "m1", "m2"),
        List.of("SADD", prefix + "set", "m1"),
        List.of("SADD", prefix + "set2", "m1"),
        List.of("ZADD", prefix + "zset", "1", "m1"),
        List.of("ZADD", prefix + "zset2", "2", "m1"),
        List.of("HSET", prefix + "hash", "f1", "1"),
        List.of("HSET", prefix + "hash2", "f1", "1"),
        List.of("XADD", prefix + "stream", "1-1", "f1", "stream"),
        List.of("XGROUP", "CREATE", prefix + "stream", "g1", "0"),
        List.of("XREADGROUP", "GROUP", "g1", "c1", "STREAMS", prefix + "stream", ">"),
        List.of("XADD", prefix + "stream", "1-2", "f1", "2"),
        List.of(
            "GEOADD",
            prefix + "geo",
            "13.361389",
            "38.115556",
            "m1",
            "15.087269",
            "37.502669",
            "geo"),
        List.of("PFADD", prefix + "hll", "m1"),
        List.of("PFADD", prefix + "hll2", "m2"),
        List.of("RPUSH", prefix + "keys", "2", "1"));
  }
}
