package io.tenantredis.spring.data;

import io.lettuce.core.codec.RedisCodec;
import java.nio.ByteBuffer;

/** Bytes as they are, in buffers of their own: what Spring Data's reactive connections use. */
enum BufferCodec implements RedisCodec<ByteBuffer, ByteBuffer> {
  INSTANCE;

  @Override
  public ByteBuffer decodeKey(ByteBuffer bytes) {
    return copy(bytes);
  }

  @Override
  public ByteBuffer decodeValue(ByteBuffer bytes) {
    return copy(bytes);
  }

  @Override
  public ByteBuffer encodeKey(ByteBuffer key) {
    return key.duplicate();
  }

  @Override
  public ByteBuffer encodeValue(ByteBuffer value) {
    return value.duplicate();
  }

  private static ByteBuffer copy(ByteBuffer bytes) {
    ByteBuffer copy = ByteBuffer.allocate(bytes.remaining());
    copy.put(bytes.duplicate());
    copy.flip();
    return copy;
  }
}
