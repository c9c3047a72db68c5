package io.tenantredis.admin;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import org.jspecify.annotations.Nullable;

/**
 * One part of a data file. On disk: a byte for the kind, the length of the body, the body, and a
 * CRC-32C over all of that.
 *
 * @param kind what it is
 * @param body its content
 */
record DataFrame(Kind kind, Bytes body) {

  /** What a frame is; the code stands in files. */
  enum Kind {
    HEADER(1),
    KEY(2),
    CHECKPOINT(3),
    END(4);

    private final byte code;

    Kind(int code) {
      this.code = (byte) code;
    }

    byte code() {
      return code;
    }

    static @Nullable Kind of(byte code) {
      for (Kind kind : values()) {
        if (kind.code == code) {
          return kind;
        }
      }
      return null;
    }
  }

  /** Content of a frame; a type of its own because arrays are compared by identity. */
  static final class Bytes {

    private final byte[] content;

    Bytes(byte[] content) {
      this.content = content;
    }

    byte[] content() {
      return content;
    }
  }

  /**
   * Where the file comes from.
   *
   * @param server name and version of the server
   * @param prefix the tenant's prefix there
   * @param created when, in milliseconds since 1970
   */
  record Header(String server, String prefix, long created) {

    DataFrame frame() {
      return write(
          Kind.HEADER,
          out -> {
            out.writeUTF(server);
            out.writeUTF(prefix);
            out.writeLong(created);
          });
    }

    static Header of(DataFrame frame) {
      return read(frame, in -> new Header(in.readUTF(), in.readUTF(), in.readLong()));
    }
  }

  /** A key without the tenant's prefix, when it expires (-1: never), and its DUMP. */
  static final class Key {

    private final byte[] name;
    private final long expiresAt;
    private final byte[] payload;

    Key(byte[] name, long expiresAt, byte[] payload) {
      this.name = name;
      this.expiresAt = expiresAt;
      this.payload = payload;
    }

    byte[] name() {
      return name;
    }

    long expiresAt() {
      return expiresAt;
    }

    byte[] payload() {
      return payload;
    }

    DataFrame frame() {
      return write(
          Kind.KEY,
          out -> {
            out.writeLong(expiresAt);
            out.writeInt(name.length);
            out.write(name);
            out.write(payload);
          });
    }

    static Key of(DataFrame frame) {
      return read(
          frame,
          in -> {
            long expiresAt = in.readLong();
            byte[] name = in.readNBytes(in.readInt());
            return new Key(name, expiresAt, in.readAllBytes());
          });
    }
  }

  /**
   * How far an export has come.
   *
   * @param node the server that was being read
   * @param runId which run of it: cursors of another run mean nothing
   * @param cursor where to go on; 0 when the server is done
   * @param keys how many keys the file holds up to here
   */
  record Checkpoint(String node, String runId, String cursor, long keys) {

    DataFrame frame() {
      return write(
          Kind.CHECKPOINT,
          out -> {
            out.writeUTF(node);
            out.writeUTF(runId);
            out.writeUTF(cursor);
            out.writeLong(keys);
          });
    }

    static Checkpoint of(DataFrame frame) {
      return read(
          frame, in -> new Checkpoint(in.readUTF(), in.readUTF(), in.readUTF(), in.readLong()));
    }
  }

  /** The end of a complete file: the number of keys, and the SHA-256 of all that stands before. */
  static final class End {

    private final long keys;
    private final byte[] sha256;

    End(long keys, byte[] sha256) {
      this.keys = keys;
      this.sha256 = sha256;
    }

    long keys() {
      return keys;
    }

    byte[] sha256() {
      return sha256;
    }

    DataFrame frame() {
      return write(
          Kind.END,
          out -> {
            out.writeLong(keys);
            out.write(sha256);
          });
    }

    static End of(DataFrame frame) {
      return read(frame, in -> new End(in.readLong(), in.readAllBytes()));
    }
  }

  private interface Writing {
    void to(DataOutputStream out) throws IOException;
  }

  private interface Reading<T> {
    T from(DataInputStream in) throws IOException;
  }

  private static DataFrame write(Kind kind, Writing writing) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try {
      writing.to(new DataOutputStream(bytes));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return new DataFrame(kind, new Bytes(bytes.toByteArray()));
  }

  private static <T> T read(DataFrame frame, Reading<T> reading) {
    try {
      return reading.from(new DataInputStream(new ByteArrayInputStream(frame.body().content())));
    } catch (IOException e) {
      throw new AdminException("The file is damaged: a part of it is too short.", e);
    }
  }
}
