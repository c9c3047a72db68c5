package io.tenantredis.test;

import io.lettuce.core.RedisURI;
import io.tenantredis.TenantCredentialsProvider;
import io.tenantredis.admin.Tenancy;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.wait.strategy.Wait;
import org.testcontainers.utility.DockerImageName;

/**
 * A Redis or Valkey in a container, with an administrator who has a random password, and without
 * the {@code default} user. Nothing is persisted.
 *
 * <p>Takes each image whose entry point accepts the server's options: the official ones of Redis
 * and Valkey do. Needs {@code org.testcontainers:testcontainers} 2.x and a Docker engine.
 *
 * <p>{@code TenantRedisExtension.builder().container(image)} starts one for the tests; on its own
 * it is started and closed like every container. Not thread-safe, like every container.
 */
public final class TenantRedisContainer extends GenericContainer<TenantRedisContainer> {

  /** The image without further words: {@value}. */
  public static final String DEFAULT_IMAGE = "redis:8.0";

  private static final int PORT = 6379;
  private static final String ADMINISTRATOR = "tenant-redis-test";

  private final String password = RandomNames.next() + RandomNames.next();
  private @Nullable Provisioning provisioning;

  /** The server of {@link #DEFAULT_IMAGE}. */
  public TenantRedisContainer() {
    this(DEFAULT_IMAGE);
  }

  /**
   * A server of another image.
   *
   * @param image for example {@code valkey/valkey:8.1}
   */
  public TenantRedisContainer(String image) {
    this(DockerImageName.parse(image));
  }

  /**
   * A server of another image.
   *
   * @param image the image
   */
  public TenantRedisContainer(DockerImageName image) {
    super(image);
    withExposedPorts(PORT);
    withCommand(
        "--save",
        "",
        "--user",
        "default",
        "off",
        "--user",
        ADMINISTRATOR,
        "on",
        "#" + sha256(password),
        "~*",
        "&*",
        "+@all");
    // Not by a shell in the container: small images have none.
    waitingFor(
        Wait.forLogMessage(".*Ready to accept connections.*\\n", 1)
            .withStartupTimeout(Duration.ofSeconds(60)));
  }

  /**
   * Where clients connect to.
   *
   * @return {@code redis://host:port}, without credentials
   * @throws IllegalStateException if the container is not running
   */
  public String url() {
    return "redis://" + getHost() + ":" + getMappedPort(PORT);
  }

  /**
   * Where the administrator connects to. Contains the password.
   *
   * @return {@code redis://user:password@host:port}, as {@code TenantRedisExtension.Builder.url}
   *     takes it
   * @throws IllegalStateException if the container is not running
   */
  public String administratorUrl() {
    return "redis://"
        + ADMINISTRATOR
        + ":"
        + password
        + "@"
        + getHost()
        + ":"
        + getMappedPort(PORT);
  }

  /**
   * Makes a user for each tenant that a client asks for, with the fixture's default policy, for
   * clients that have this prefix and identity.
   *
   * @param keyPrefix as {@code TenantRedis.Builder.keyPrefix} takes it
   * @param identity as {@code TenantRedis.Builder.identity} takes it
   * @return a provider that does not block; it ends with the container
   * @throws IllegalStateException if the container is not running
   */
  public TenantCredentialsProvider credentialsProvider(String keyPrefix, String identity) {
    return new OnDemandUsers(
        provisioning(), Tenancy.of(keyPrefix, identity), TenantRedisExtension.DEFAULT_POLICY);
  }

  private synchronized Provisioning provisioning() {
    if (provisioning == null) {
      provisioning = new Provisioning(RedisURI.create(administratorUrl()), false);
    }
    return provisioning;
  }

  /** Ends the container and who makes its users. */
  @Override
  public void stop() {
    synchronized (this) {
      if (provisioning != null) {
        provisioning.close();
        provisioning = null;
      }
    }
    super.stop();
  }

  private static String sha256(String text) {
    try {
      return HexFormat.of()
          .formatHex(
              MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  /** A container is itself and nothing else. */
  @Override
  public boolean equals(Object other) {
    return this == other;
  }

  @Override
  public int hashCode() {
    return System.identityHashCode(this);
  }
}
