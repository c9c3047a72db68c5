package io.tenantredis.internal.client;

import io.lettuce.core.api.push.PushListener;
import io.lettuce.core.protocol.PushHandler;
import java.util.Collection;
import java.util.List;

/** A shared connection has no push messages for anyone. */
enum NoPushListeners implements PushHandler {
  INSTANCE;

  @Override
  public void addListener(PushListener listener) {
    throw new UnsupportedOperationException(
        "Push messages of a shared connection are everybody's.");
  }

  @Override
  public void removeListener(PushListener listener) {
    // None was added.
  }

  @Override
  public Collection<PushListener> getPushListeners() {
    return List.of();
  }
}
