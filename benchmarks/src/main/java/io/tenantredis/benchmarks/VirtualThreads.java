package io.tenantredis.benchmarks;

import java.util.concurrent.ThreadFactory;
import org.jspecify.annotations.Nullable;

/** Virtual threads where the JDK has them: the benchmarks themselves are compiled for 17. */
final class VirtualThreads {

  private VirtualThreads() {}

  /** What starts virtual threads, or null on a JDK without. */
  static @Nullable ThreadFactory factory() {
    try {
      Object builder = Thread.class.getMethod("ofVirtual").invoke(null);
      return (ThreadFactory)
          Class.forName("java.lang.Thread$Builder").getMethod("factory").invoke(builder);
    } catch (ReflectiveOperationException | UnsupportedOperationException absent) {
      return null;
    }
  }
}
