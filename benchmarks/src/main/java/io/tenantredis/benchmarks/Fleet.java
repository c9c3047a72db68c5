package io.tenantredis.benchmarks;

import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** A client, or several, in which many tenants are connected, each as a user of its own. */
interface Fleet extends AutoCloseable {

  /** Connects a tenant with its first command. */
  CompletionStage<?> connect(int tenant);

  /** Reads a key of a connected tenant. */
  @Nullable Object get(int tenant);

  /** Starts to read a key of a connected tenant. */
  CompletionStage<?> getAsync(int tenant);

  @Override
  void close();
}
