package io.tenantredis.admin;

import io.lettuce.core.KeyValue;
import io.lettuce.core.Limit;
import io.lettuce.core.MapScanCursor;
import io.lettuce.core.Range;
import io.lettuce.core.ScanArgs;
import io.lettuce.core.ScanCursor;
import io.lettuce.core.ScoredValue;
import io.lettuce.core.StreamMessage;
import io.lettuce.core.ValueScanCursor;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Compares two values element by element, a part at a time: for those that two servers serialize in
 * another order or in another form. Times to live of single fields are not compared.
 */
final class Elements {

  private static final int AT_ONCE = 500;

  private Elements() {}

  /** Whether two hashes or sets have the same elements; false for all other types. */
  static boolean sameInAnyOrder(
      String type, AdminNode node, byte[] key, AdminNode copyNode, byte[] copy) {
    return switch (type) {
      case "hash" -> sameHash(node, key, copyNode, copy);
      case "set" -> sameSet(node, key, copyNode, copy);
      default -> false;
    };
  }

  /** Whether two values of the same type have the same elements; false for types of modules. */
  static boolean same(String type, AdminNode node, byte[] key, AdminNode copyNode, byte[] copy) {
    return switch (type) {
      case "string" ->
          Arrays.equals(
              node.await("GET", node.binary().get(key)),
              copyNode.await("GET", copyNode.binary().get(copy)));
      case "list" -> sameList(node, key, copyNode, copy);
      case "zset" -> sameSortedSet(node, key, copyNode, copy);
      case "stream" -> sameStream(node, key, copyNode, copy);
      default -> sameInAnyOrder(type, node, key, copyNode, copy);
    };
  }

  private static boolean sameList(AdminNode node, byte[] key, AdminNode copyNode, byte[] copy) {
    long from = 0;
    List<byte[]> page;
    do {
      long to = from + AT_ONCE - 1;
      page = node.await("LRANGE", node.binary().lrange(key, from, to));
      List<byte[]> there = copyNode.await("LRANGE", copyNode.binary().lrange(copy, from, to));
      if (!equal(page, there)) {
        return false;
      }
      from = to + 1;
    } while (page.size() == AT_ONCE);
    return true;
  }

  private static boolean equal(List<byte[]> some, List<byte[]> others) {
    return Arrays.deepEquals(some.toArray(), others.toArray());
  }

  private static boolean sameSortedSet(
      AdminNode node, byte[] key, AdminNode copyNode, byte[] copy) {
    long from = 0;
    List<ScoredValue<byte[]>> page;
    do {
      long to = from + AT_ONCE - 1;
      page = node.await("ZRANGE", node.binary().zrangeWithScores(key, from, to));
      List<ScoredValue<byte[]>> there =
          copyNode.await("ZRANGE", copyNode.binary().zrangeWithScores(copy, from, to));
      if (page.size() != there.size()) {
        return false;
      }
      for (int i = 0; i < page.size(); i++) {
        if (Double.compare(page.get(i).getScore(), there.get(i).getScore()) != 0
            || !Arrays.equals(page.get(i).getValue(), there.get(i).getValue())) {
          return false;
        }
      }
      from = to + 1;
    } while (page.size() == AT_ONCE);
    return true;
  }

  /** Entries, the last id and the groups with what they have delivered and await. */
  private static boolean sameStream(AdminNode node, byte[] key, AdminNode copyNode, byte[] copy) {
    Map<String, String> about = about(node, key);
    if (!about.equals(about(copyNode, copy))) {
      return false;
    }
    String from = "-";
    List<StreamMessage<byte[], byte[]>> page;
    do {
      Range<String> range = Range.create(from, "+");
      Limit limit = Limit.from(AT_ONCE);
      page = node.await("XRANGE", node.binary().xrange(key, range, limit));
      List<StreamMessage<byte[], byte[]>> there =
          copyNode.await("XRANGE", copyNode.binary().xrange(copy, range, limit));
      if (page.size() != there.size()) {
        return false;
      }
      for (int i = 0; i < page.size(); i++) {
        if (!page.get(i).getId().equals(there.get(i).getId())
            || !equal(body(page.get(i)), body(there.get(i)))) {
          return false;
        }
      }
      if (!page.isEmpty()) {
        from = "(" + page.get(page.size() - 1).getId();
      }
    } while (page.size() == AT_ONCE);
    return true;
  }

  private static List<byte[]> body(StreamMessage<byte[], byte[]> message) {
    List<byte[]> all = new ArrayList<>();
    message
        .getBody()
        .forEach(
            (field, value) -> {
              all.add(field);
              all.add(value);
            });
    return all;
  }

  private static Map<String, String> about(AdminNode node, byte[] key) {
    List<Object> stream = node.await("XINFO STREAM", node.binary().xinfoStream(key));
    List<Object> groups = node.await("XINFO GROUPS", node.binary().xinfoGroups(key));
    Map<String, String> about = new TreeMap<>();
    for (int i = 0; i + 1 < stream.size(); i += 2) {
      String field = text(stream.get(i));
      if (field.equals("length") || field.equals("last-generated-id")) {
        about.put(field, text(stream.get(i + 1)));
      }
    }
    for (Object group : groups) {
      if (group instanceof List<?> fields && fields.size() > 1) {
        StringBuilder known = new StringBuilder();
        for (int i = 2; i + 1 < fields.size(); i += 2) {
          String field = text(fields.get(i));
          if (field.equals("pending") || field.equals("last-delivered-id")) {
            known.append(field).append('=').append(text(fields.get(i + 1))).append(' ');
          }
        }
        about.put("group " + text(fields.get(1)), known.toString());
      }
    }
    return about;
  }

  private static String text(@Nullable Object value) {
    return value instanceof byte[] bytes
        ? new String(bytes, StandardCharsets.ISO_8859_1)
        : String.valueOf(value);
  }

  private static boolean sameHash(AdminNode node, byte[] key, AdminNode copyNode, byte[] copy) {
    if (!node.await("HLEN", node.binary().hlen(key))
        .equals(copyNode.await("HLEN", copyNode.binary().hlen(copy)))) {
      return false;
    }
    ScanCursor cursor = ScanCursor.INITIAL;
    do {
      MapScanCursor<byte[], byte[]> page =
          node.await("HSCAN", node.binary().hscan(key, cursor, ScanArgs.Builder.limit(AT_ONCE)));
      Map<byte[], byte[]> fields = page.getMap();
      if (!fields.isEmpty()) {
        byte[][] names = fields.keySet().toArray(byte[][]::new);
        byte[][] values = fields.values().toArray(byte[][]::new);
        List<KeyValue<byte[], byte[]>> there =
            copyNode.await("HMGET", copyNode.binary().hmget(copy, names));
        for (int i = 0; i < values.length; i++) {
          if (!Arrays.equals(there.get(i).getValueOrElse(null), values[i])) {
            return false;
          }
        }
      }
      cursor = page;
    } while (!cursor.isFinished());
    return true;
  }

  private static boolean sameSet(AdminNode node, byte[] key, AdminNode copyNode, byte[] copy) {
    if (!node.await("SCARD", node.binary().scard(key))
        .equals(copyNode.await("SCARD", copyNode.binary().scard(copy)))) {
      return false;
    }
    ScanCursor cursor = ScanCursor.INITIAL;
    do {
      ValueScanCursor<byte[]> page =
          node.await("SSCAN", node.binary().sscan(key, cursor, ScanArgs.Builder.limit(AT_ONCE)));
      byte[][] members = page.getValues().toArray(byte[][]::new);
      if (members.length > 0
          && copyNode
              .await("SMISMEMBER", copyNode.binary().smismember(copy, members))
              .contains(false)) {
        return false;
      }
      cursor = page;
    } while (!cursor.isFinished());
    return true;
  }
}
