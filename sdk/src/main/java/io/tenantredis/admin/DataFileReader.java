package io.tenantredis.admin;

import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/** Reads a data file part by part and checks each. Not thread-safe. */
final class DataFileReader implements AutoCloseable {

  private static final int BUFFER = 1 << 16;

  private final Path file;
  private final long size;
  private final DataInputStream in;
  private final MessageDigest sha256 = Digests.sha256();
  private MessageDigest beforeLast = Digests.sha256();
  private long position;

  private DataFileReader(Path file, long size, DataInputStream in) {
    this.file = file;
    this.size = size;
    this.in = in;
  }

  /** Opens a file that begins like one of ours. */
  static DataFileReader open(Path file) throws IOException {
    DataFileReader reader =
        new DataFileReader(
            file,
            Files.size(file),
            new DataInputStream(new BufferedInputStream(Files.newInputStream(file), BUFFER)));
    byte[] magic = reader.in.readNBytes(DataFileWriter.MAGIC.length);
    if (!Arrays.equals(magic, DataFileWriter.MAGIC)) {
      reader.close();
      throw new AdminException(
          file + " is not an export of this tool, or of a newer one: nothing was read from it.");
    }
    reader.advance(magic);
    return reader;
  }

  /** Where the next part begins. */
  long position() {
    return position;
  }

  /** The digest of all parts read so far. */
  MessageDigest digest() {
    try {
      return (MessageDigest) sha256.clone();
    } catch (CloneNotSupportedException e) {
      throw new IllegalStateException("SHA-256 of every Java platform can be cloned", e);
    }
  }

  /**
   * The next part, or null at the end of the file. The end's checksum over all counts too: every
   * part must have been read.
   */
  @Nullable DataFrame next() throws IOException {
    DataFrame frame = read();
    if (frame != null && frame.kind() == DataFrame.Kind.END) {
      byte[] stored = DataFrame.End.of(frame).sha256();
      if (!MessageDigest.isEqual(stored, beforeLast.digest())) {
        throw damaged();
      }
    }
    return frame;
  }

  /** The next part of a file that was read through before, or null at the end. */
  @Nullable DataFrame nextUnchecked() throws IOException {
    return read();
  }

  private @Nullable DataFrame read() throws IOException {
    if (position == size) {
      return null;
    }
    try {
      byte[] head = in.readNBytes(1 + Integer.BYTES);
      ByteBuffer fields = ByteBuffer.wrap(head);
      if (head.length < 1 + Integer.BYTES) {
        throw new EOFException();
      }
      DataFrame.Kind kind = DataFrame.Kind.of(fields.get());
      int length = fields.getInt();
      if (kind == null || length < 0 || length > size - position - DataFileWriter.FRAME_OVERHEAD) {
        throw damaged();
      }
      byte[] body = in.readNBytes(length);
      byte[] stored = in.readNBytes(Integer.BYTES);
      CRC32C crc = new CRC32C();
      crc.update(head);
      crc.update(body);
      if (stored.length < Integer.BYTES
          || ByteBuffer.wrap(stored).getInt() != (int) crc.getValue()) {
        throw damaged();
      }
      DataFrame frame = new DataFrame(kind, new DataFrame.Bytes(body));
      if (frame.kind() == DataFrame.Kind.END) {
        beforeLast = digest();
      }
      advance(head);
      advance(body);
      advance(stored);
      return frame;
    } catch (EOFException e) {
      throw damaged();
    }
  }

  private void advance(byte[] bytes) {
    position += bytes.length;
    sha256.update(bytes);
  }

  /** Goes to where a part begins. */
  void skipTo(long target) throws IOException {
    in.skipNBytes(target - position);
    position = target;
  }

  private AdminException damaged() {
    return new AdminException(
        file + " is damaged at byte " + position + ": what stands before was read well.");
  }

  @Override
  public void close() throws IOException {
    in.close();
  }
}
