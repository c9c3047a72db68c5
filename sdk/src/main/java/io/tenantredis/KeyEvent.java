package io.tenantredis;

/**
 * Something that happened to a key of the tenant.
 *
 * @param <K> the type of keys
 * @param key the key, as the application names it
 * @param event what happened, in the server's word: {@code set}, {@code del}, {@code expired} and
 *     so on
 */
public record KeyEvent<K>(K key, String event) {

  /** Shows the event and not the key. */
  @Override
  public String toString() {
    return "KeyEvent[" + event + "]";
  }
}
