package io.tenantredis.internal.connection;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.tenantredis.internal.keyspace.GuardedCommand;
import java.net.ProtocolException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A verified connection that from some moment on only subscribes: what the server sends is read by
 * {@link SubscriberDecoder} and no longer by Lettuce. Used on the event loop.
 */
final class SubscriberChannel {

  private final SubscriberDecoder decoder;
  private final Consumer<SubscriberReply> receiver;
  private @Nullable ByteBuf held;

  SubscriberChannel(int maxBytes, Consumer<SubscriberReply> receiver) {
    this.decoder = new SubscriberDecoder(maxBytes);
    this.receiver = receiver;
  }

  void send(ChannelHandlerContext ctx, GuardedCommand<?, ?, ?> command) {
    // Past the command handler, which would wait for a reply, to Lettuce's encoder.
    ctx.writeAndFlush(command);
  }

  /**
   * Takes over what was read.
   *
   * @throws ProtocolException if a server would not send this to a subscriber
   */
  void read(ChannelHandlerContext ctx, ByteBuf bytes) throws ProtocolException {
    ByteBuf before = held;
    if (before != null) {
      before.writeBytes(bytes);
      bytes.release();
    }
    ByteBuf all = before == null ? bytes : before;
    held = null;
    boolean keep = false;
    try {
      for (SubscriberReply reply = decoder.next(all); reply != null; reply = decoder.next(all)) {
        receiver.accept(reply);
      }
      keep = all.isReadable() && before != null;
      if (keep) {
        held = all.discardReadBytes();
      } else if (all.isReadable()) {
        held = ctx.alloc().buffer(all.readableBytes()).writeBytes(all);
      }
    } finally {
      if (!keep) {
        all.release();
      }
    }
  }

  void ended() {
    if (held != null) {
      held.release();
      held = null;
    }
  }
}
