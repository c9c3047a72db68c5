package io.tenantredis.internal.connection;

import io.lettuce.core.RedisURI;
import org.jspecify.annotations.Nullable;

/** Where a node of a cluster is, as the cluster says it. */
public record NodeAddress(String host, int port) {

  private static final int MAX_PORT = 65_535;

  /** The address in a URI. */
  public static NodeAddress of(RedisURI uri) {
    return new NodeAddress(uri.getHost(), uri.getPort());
  }

  /**
   * An address as people write it.
   *
   * @param text {@code host:port}, an IPv6 address in brackets
   * @return null if that is no address
   */
  public static @Nullable NodeAddress parse(String text) {
    int colon = text.lastIndexOf(':');
    String host = colon < 0 ? "" : text.substring(0, colon);
    if (host.startsWith("[") && host.endsWith("]")) {
      host = host.substring(1, host.length() - 1);
    } else if (host.indexOf(':') >= 0) {
      return null;
    }
    if (host.isEmpty() || !host.matches("[A-Za-z0-9._:%-]+")) {
      return null;
    }
    return parse(host + text.substring(colon), new NodeAddress(host, 1));
  }

  /** This address, with everything else as another node's URI has it. No Sentinels. */
  RedisURI in(RedisURI template) {
    return RedisURI.builder(template).withHost(host).withPort(port).build();
  }

  /**
   * The address in a redirection.
   *
   * @param text {@code host:port}, or {@code :port} for the host that said it
   * @param speaker who said it
   * @return null if that is no address
   */
  public static @Nullable NodeAddress parse(String text, NodeAddress speaker) {
    int colon = text.lastIndexOf(':');
    if (colon < 0) {
      return null;
    }
    String digits = text.substring(colon + 1);
    if (!digits.matches("[0-9]{1,5}") || Integer.parseInt(digits) > MAX_PORT) {
      return null;
    }
    return of(text.substring(0, colon), Integer.parseInt(digits), speaker);
  }

  /** A node that does not know its own address has that of whoever was asked. */
  static @Nullable NodeAddress of(@Nullable String host, long port, NodeAddress speaker) {
    if (port < 1 || port > MAX_PORT || "?".equals(host)) {
      return null;
    }
    return new NodeAddress(host == null || host.isEmpty() ? speaker.host : host, (int) port);
  }

  @Override
  public String toString() {
    return host + ":" + port;
  }
}
