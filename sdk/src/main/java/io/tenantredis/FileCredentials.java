package io.tenantredis;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Passwords in files, one for each tenant, as secrets are mounted into containers. Files are looked
 * at at an interval; when one changes, the tenant's credentials are rotated.
 *
 * <pre>{@code
 * FileCredentials.builder("tenant_{tenant}", "/run/secrets/redis/{tenant}/password").build()
 * }</pre>
 *
 * <p>A file holds the password in UTF-8; one line end behind it is ignored. A file that does not
 * exist or is empty means that there is no such tenant; one that cannot be read fails connecting
 * with {@link ErrorCode#TR011}. Files are read on a thread of this provider, never on a caller's.
 *
 * <p>Thread-safe. Close it after the clients that use it: that ends its thread.
 */
public final class FileCredentials implements TenantCredentialsProvider, AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger("io.tenantredis.credentials");

  /** A password is short: whatever is longer is another file. */
  private static final int MAX_BYTES = 4096;

  private final IdentityTemplate users;
  private final String head;
  private final String tail;
  private final ScheduledThreadPoolExecutor reader;

  /** What each tenant that asked was given last. Holds tenants that have a file. */
  private final ConcurrentMap<TenantId, TenantCredentials> given = new ConcurrentHashMap<>();

  private final List<Consumer<TenantId>> listeners = new CopyOnWriteArrayList<>();

  private FileCredentials(Builder settings) {
    this.users = Templates.users(settings.userTemplate);
    int at = Templates.placeholder(settings.fileTemplate, "file");
    this.head = settings.fileTemplate.substring(0, at);
    this.tail = settings.fileTemplate.substring(at + KeyPrefixTemplate.PLACEHOLDER.length());
    this.reader =
        new ScheduledThreadPoolExecutor(
            1,
            task -> {
              Thread thread = new Thread(task, "tenant-redis-credentials");
              thread.setDaemon(true);
              return thread;
            });
    long nanos = settings.interval.toNanos();
    reader.scheduleWithFixedDelay(this::lookForChanges, nanos, nanos, TimeUnit.NANOSECONDS);
  }

  /**
   * Starts to configure a provider.
   *
   * @param userTemplate the tenants' users, a text with one {@code {tenant}}
   * @param fileTemplate the tenants' files, an absolute path with one {@code {tenant}}
   * @return a builder
   */
  public static Builder builder(String userTemplate, String fileTemplate) {
    return new Builder(userTemplate, fileTemplate);
  }

  @Override
  public CompletionStage<@Nullable TenantCredentials> credentials(TenantId tenant) {
    CompletableFuture<@Nullable TenantCredentials> answer = new CompletableFuture<>();
    try {
      reader.execute(
          () -> {
            try {
              TenantCredentials credentials = read(tenant);
              if (credentials != null) {
                given.put(tenant, credentials);
              }
              answer.complete(credentials);
            } catch (IOException | RuntimeException failure) {
              answer.completeExceptionally(failure);
            }
          });
    } catch (RejectedExecutionException closed) {
      answer.completeExceptionally(new IllegalStateException("FileCredentials is closed"));
    }
    return answer;
  }

  @Override
  public Runnable onChange(Consumer<TenantId> listener) {
    listeners.add(listener);
    return () -> listeners.remove(listener);
  }

  private @Nullable TenantCredentials read(TenantId tenant) throws IOException {
    // An id holds no separator and does not begin with a dot: it cannot leave the directory.
    Path file = Path.of(head + tenant.value() + tail);
    byte[] bytes;
    try (var input = Files.newInputStream(file)) {
      bytes = input.readNBytes(MAX_BYTES + 1);
    } catch (NoSuchFileException absent) {
      return null;
    }
    if (bytes.length > MAX_BYTES) {
      throw new IOException("The password file of tenant " + tenant + " is over 4096 bytes");
    }
    CharBuffer decoded;
    try {
      decoded = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes));
    } catch (CharacterCodingException malformed) {
      throw new IOException("The password file of tenant " + tenant + " is not UTF-8");
    }
    char[] password = Arrays.copyOfRange(decoded.array(), 0, lengthWithoutLineEnd(decoded));
    Arrays.fill(decoded.array(), '\0');
    Arrays.fill(bytes, (byte) 0);
    return password.length == 0 ? null : TenantCredentials.of(users.userOf(tenant), password);
  }

  private static int lengthWithoutLineEnd(CharBuffer text) {
    int length = text.limit();
    if (length > 0 && text.get(length - 1) == '\n') {
      length--;
      if (length > 0 && text.get(length - 1) == '\r') {
        length--;
      }
    }
    return length;
  }

  private void lookForChanges() {
    given.forEach(
        (tenant, before) -> {
          try {
            TenantCredentials now = read(tenant);
            if (now != null && !now.equals(before)) {
              given.put(tenant, now);
              listeners.forEach(listener -> listener.accept(tenant));
            }
          } catch (IOException | RuntimeException failure) {
            LOG.warn(
                "PASSWORD_FILE_UNREADABLE The password file of tenant {} cannot be read now: {}",
                tenant,
                failure.getClass().getSimpleName());
          }
        });
  }

  /** Ends the thread. Connecting then fails with {@link ErrorCode#TR011}. */
  @Override
  public void close() {
    reader.shutdownNow();
  }

  /** Where the files are; no password. */
  @Override
  public String toString() {
    return "FileCredentials[" + head + KeyPrefixTemplate.PLACEHOLDER + tail + "]";
  }

  /** Configures {@link FileCredentials}. Not thread-safe. */
  public static final class Builder {

    private final String userTemplate;
    private final String fileTemplate;
    private Duration interval = Duration.ofSeconds(10);

    private Builder(String userTemplate, String fileTemplate) {
      this.userTemplate = userTemplate;
      this.fileTemplate = fileTemplate;
    }

    /**
     * How often files are looked at. Default: 10 seconds.
     *
     * @param time at least 1 millisecond
     * @return this builder
     */
    public Builder interval(Duration time) {
      this.interval = time;
      return this;
    }

    /**
     * Starts the provider.
     *
     * @return the provider
     * @throws ConfigurationException if a template or the interval is not as described
     */
    public FileCredentials build() {
      if (interval.compareTo(Duration.ofMillis(1)) < 0) {
        throw new ConfigurationException(
            List.of("interval is " + interval + ": use 1 millisecond or more."));
      }
      if (!Path.of(fileTemplate).isAbsolute()) {
        throw new ConfigurationException(
            List.of("The file '" + fileTemplate + "' is not an absolute path: write one."));
      }
      return new FileCredentials(this);
    }
  }
}
