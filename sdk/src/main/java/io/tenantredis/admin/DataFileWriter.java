package io.tenantredis.admin;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.util.Set;
import java.util.zip.CRC32C;

/** Writes a data file part by part. Not thread-safe. */
final class DataFileWriter implements AutoCloseable {

  static final byte[] MAGIC = "TENANTREDIS DATA 1\n".getBytes(StandardCharsets.US_ASCII);
  static final int FRAME_OVERHEAD = 1 + Integer.BYTES + Integer.BYTES;
  private static final int BUFFER = 1 << 16;

  private final FileChannel channel;
  private final MessageDigest sha256;
  private final OutputStream out;

  private DataFileWriter(FileChannel channel, MessageDigest sha256) {
    this.channel = channel;
    this.sha256 = sha256;
    this.out =
        new BufferedOutputStream(
            new DigestOutputStream(Channels.newOutputStream(channel), sha256), BUFFER);
  }

  /** Begins a new file, which must not exist. */
  static DataFileWriter create(Path file) throws IOException {
    FileChannel channel =
        FileChannel.open(
            file,
            Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
            PrivateFiles.attributes());
    DataFileWriter writer = new DataFileWriter(channel, Digests.sha256());
    writer.out.write(MAGIC);
    return writer;
  }

  /** Goes on behind the part of a file that is known to be good, whose digest is given. */
  static DataFileWriter resume(Path file, long length, MessageDigest sha256) throws IOException {
    FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE);
    channel.truncate(length);
    channel.position(length);
    return new DataFileWriter(channel, sha256);
  }

  void write(DataFrame frame) throws IOException {
    byte[] body = frame.body().content();
    ByteBuffer head = ByteBuffer.allocate(1 + Integer.BYTES);
    head.put(frame.kind().code()).putInt(body.length);
    CRC32C crc = new CRC32C();
    crc.update(head.array());
    crc.update(body);
    out.write(head.array());
    out.write(body);
    out.write(ByteBuffer.allocate(Integer.BYTES).putInt((int) crc.getValue()).array());
  }

  /** Makes what was written so far survive a crash of this process. */
  void flush() throws IOException {
    out.flush();
  }

  /** Writes the end and makes the file survive a crash of the machine. */
  byte[] finish(long keys) throws IOException {
    out.flush();
    byte[] digest = sha256.digest();
    write(new DataFrame.End(keys, digest).frame());
    out.flush();
    channel.force(true);
    return digest;
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
