package io.tenantredis.internal.connection;

import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;

/**
 * Stands behind {@link InStepCommandHandler}, to which Lettuce does not tell that a push message
 * could not be read: such an exception would end in a log line, and the connection go on.
 */
@ChannelHandler.Sharable
final class StrayExceptions extends ChannelInboundHandlerAdapter {

  static final StrayExceptions INSTANCE = new StrayExceptions();

  private StrayExceptions() {}

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    InStepCommandHandler handler = ctx.pipeline().get(InStepCommandHandler.class);
    if (handler == null) {
      ctx.close();
    } else {
      handler.failed(cause);
    }
  }
}
