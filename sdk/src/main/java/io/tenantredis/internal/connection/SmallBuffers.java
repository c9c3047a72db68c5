package io.tenantredis.internal.connection;

import io.netty.buffer.AbstractByteBufAllocator;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;

/**
 * Another allocator's buffers, which begin small and grow: Lettuce's read buffer begins with 64
 * KiB, 640 MB of direct memory for ten thousand connections that mostly rest.
 */
final class SmallBuffers extends AbstractByteBufAllocator {

  /** Holds the replies of most single commands. */
  static final int INITIAL_BYTES = 1024;

  private final ByteBufAllocator allocator;

  SmallBuffers(ByteBufAllocator allocator) {
    super(allocator.isDirectBufferPooled());
    this.allocator = allocator;
  }

  @Override
  protected ByteBuf newHeapBuffer(int initialCapacity, int maxCapacity) {
    return allocator.heapBuffer(Math.min(INITIAL_BYTES, initialCapacity), maxCapacity);
  }

  @Override
  protected ByteBuf newDirectBuffer(int initialCapacity, int maxCapacity) {
    return allocator.directBuffer(Math.min(INITIAL_BYTES, initialCapacity), maxCapacity);
  }

  @Override
  public boolean isDirectBufferPooled() {
    return allocator.isDirectBufferPooled();
  }
}
