package io.tenantredis.internal.client;

import io.lettuce.core.protocol.ProtocolKeyword;
import java.lang.reflect.Method;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Which synchronous calls have an answer of their own inside a transaction; all others are answered
 * by EXEC.
 */
final class TransactionControl {

  private static final Set<String> METHODS = Set.of("multi", "exec", "discard", "watch");
  private static final Set<String> COMMANDS = Set.of("MULTI", "EXEC", "DISCARD", "WATCH");

  private TransactionControl() {}

  static boolean isControl(Method method, Object @Nullable [] arguments) {
    if (METHODS.contains(method.getName())) {
      return true;
    }
    return method.getName().equals("dispatch")
        && arguments != null
        && arguments.length > 0
        && arguments[0] instanceof ProtocolKeyword keyword
        && COMMANDS.contains(keyword.toString());
  }
}
