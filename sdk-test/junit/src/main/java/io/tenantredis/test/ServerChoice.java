package io.tenantredis.test;

import org.jspecify.annotations.Nullable;

/**
 * Which servers a test wants. Tests that want the same share them, so this is a value.
 *
 * @param binary an executable, or null for the embedded one
 * @param url of a server that is running already, or null
 * @param image of a container, or null
 * @param tls whether clients speak TLS
 * @param shape one server or several
 */
record ServerChoice(
    @Nullable String binary, @Nullable String url, @Nullable String image, Tls tls, Shape shape) {

  static final ServerChoice EMBEDDED =
      new ServerChoice(null, null, null, Tls.NONE, Shape.STANDALONE);

  enum Tls {
    NONE,
    SERVER,
    MUTUAL
  }

  enum Kind {
    STANDALONE,
    REPLICATED,
    CLUSTER
  }

  /**
   * How many servers of which kind.
   *
   * @param masters of a cluster; else 1
   * @param replicas of each master
   * @param sentinels that watch
   */
  record Shape(Kind kind, int masters, int replicas, int sentinels) {
    static final Shape STANDALONE = new Shape(Kind.STANDALONE, 1, 0, 0);
  }

  ServerChoice withBinary(String path) {
    return new ServerChoice(path, null, null, tls, shape);
  }

  ServerChoice withUrl(String running) {
    return new ServerChoice(null, running, null, tls, shape);
  }

  ServerChoice withImage(String name) {
    return new ServerChoice(null, null, name, tls, shape);
  }

  ServerChoice with(Tls wanted) {
    return new ServerChoice(binary, url, image, wanted, shape);
  }

  ServerChoice with(Shape wanted) {
    return new ServerChoice(binary, url, image, tls, wanted);
  }

  /** Without the URL, which holds a password. */
  @Override
  public String toString() {
    String what =
        url != null
            ? "a running server"
            : image != null ? "image " + image : binary != null ? binary : "the embedded server";
    return what + ", TLS " + tls + ", " + shape;
  }
}
