package io.tenantredis.admin;

import io.tenantredis.TenantId;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.EnumSet;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Opens the file for each line, so that it can be moved away at any time. */
final class JsonLinesAclLogListener implements AclLogListener {

  private static final Set<StandardOpenOption> APPEND =
      EnumSet.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.APPEND);

  private final Path file;

  JsonLinesAclLogListener(Path file) {
    this.file = file;
  }

  @Override
  public void denied(AclDenial denial) {
    AclLogClient client = denial.client();
    write(
        Json.object(
            "event", "denied",
            "node", denial.node(),
            "entryId", orNull(denial.entryId()),
            "reason", denial.reason(),
            "context", denial.context(),
            "object", denial.object(),
            "user", denial.user(),
            "tenant", denial.tenant().map(TenantId::value).orElse(null),
            "count", denial.count(),
            "lastAt", denial.lastAt(),
            "clientId", client.id(),
            "address", client.address(),
            "clientName", client.name(),
            "libName", client.libName(),
            "libVersion", client.libVersion(),
            "connectedAs", client.connectedAs()));
  }

  @Override
  public void lost(AclLogLoss loss) {
    write(
        Json.object(
            "event", "lost",
            "node", loss.node(),
            "cause", loss.cause(),
            "denials", orNull(loss.denials()),
            "entries", orNull(loss.entries())));
  }

  private static @Nullable Long orNull(OptionalLong number) {
    return number.isPresent() ? number.getAsLong() : null;
  }

  private void write(Map<String, @Nullable Object> line) {
    byte[] bytes = (Json.line(line) + "\n").getBytes(StandardCharsets.UTF_8);
    try (SeekableByteChannel channel =
        Files.newByteChannel(file, APPEND, PrivateFiles.attributes())) {
      ByteBuffer buffer = ByteBuffer.wrap(bytes);
      while (buffer.hasRemaining()) {
        channel.write(buffer);
      }
    } catch (IOException e) {
      throw new AdminException("The file " + file + " cannot be written: " + e.getMessage(), e);
    }
  }
}
