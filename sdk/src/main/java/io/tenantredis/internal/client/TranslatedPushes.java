package io.tenantredis.internal.client;

import io.lettuce.core.api.push.PushListener;
import io.lettuce.core.api.push.PushMessage;
import io.lettuce.core.protocol.PushHandler;
import io.tenantredis.internal.connection.VerifiedConnection;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The invalidations of client-side caching, with the tenant's own names. Other push messages are
 * not passed on, because nothing is known of the names in them.
 */
final class TranslatedPushes implements PushHandler {

  private static final String INVALIDATE = "invalidate";

  private final TenantSession session;
  private final VerifiedConnection connection;
  private final List<PushListener> listeners = new CopyOnWriteArrayList<>();
  private boolean registered;

  TranslatedPushes(TenantSession session, VerifiedConnection connection) {
    this.session = session;
    this.connection = connection;
  }

  @Override
  public synchronized void addListener(PushListener listener) {
    listeners.add(listener);
    if (!registered) {
      registered = true;
      connection.addPushListener(this::received);
    }
  }

  @Override
  public void removeListener(PushListener listener) {
    listeners.remove(listener);
  }

  @Override
  public Collection<PushListener> getPushListeners() {
    return List.copyOf(listeners);
  }

  private void received(PushMessage message) {
    List<Object> content = message.getContent();
    if (listeners.isEmpty() || !message.getType().equals(INVALIDATE) || content.size() != 2) {
      return;
    }
    List<@Nullable Object> names = null;
    if (content.get(1) instanceof List<?> invalidated) {
      names = new ArrayList<>(invalidated.size());
      int foreign = 0;
      for (Object name : invalidated) {
        ByteBuffer own = name instanceof ByteBuffer bytes ? session.strip(bytes) : null;
        if (own == null) {
          foreign++;
        } else {
          names.add(own);
        }
      }
      if (foreign > 0) {
        session.violation("CLIENT TRACKING", foreign);
      }
      if (names.isEmpty()) {
        return;
      }
    }
    Translated translated = new Translated(names);
    for (PushListener listener : listeners) {
      listener.onPushMessage(translated);
    }
  }

  /** An invalidation. Without names it says that everything is to be forgotten. */
  private record Translated(@Nullable List<@Nullable Object> names) implements PushMessage {

    @Override
    public String getType() {
      return INVALIDATE;
    }

    @Override
    public List<Object> getContent() {
      return content(bytes -> bytes);
    }

    @Override
    public List<Object> getContent(Function<ByteBuffer, Object> decodeFunction) {
      return content(decodeFunction);
    }

    @SuppressWarnings("NullAway") // As in Lettuce's own messages nil is a null element.
    private List<Object> content(Function<ByteBuffer, Object> decode) {
      List<Object> content = new ArrayList<>(2);
      content.add(decode.apply(ByteBuffer.wrap(INVALIDATE.getBytes(StandardCharsets.US_ASCII))));
      if (names == null) {
        content.add(null);
        return content;
      }
      List<Object> decoded = new ArrayList<>(names.size());
      for (Object name : names) {
        if (name instanceof ByteBuffer bytes) {
          decoded.add(decode.apply(bytes.duplicate()));
        }
      }
      content.add(decoded);
      return content;
    }
  }
}
