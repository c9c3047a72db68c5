package io.tenantredis.test.server;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An out-of-band message of RESP3, such as an invalidation or a message of a subscribed channel.
 *
 * @param elements its elements; the first one is its kind
 */
public record RespPush(List<@Nullable Object> elements) {

  /** What kind of message this is: {@code message}, {@code invalidate}, {@code subscribe}. */
  public String kind() {
    return String.valueOf(elements.isEmpty() ? "" : elements.get(0));
  }
}
