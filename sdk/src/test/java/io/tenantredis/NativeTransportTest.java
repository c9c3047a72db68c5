package io.tenantredis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.lettuce.core.resource.ClientResources;
import io.lettuce.core.resource.DefaultClientResources;
import io.lettuce.core.resource.EpollProvider;
import io.lettuce.core.resource.NettyCustomizer;
import io.netty.channel.Channel;
import io.netty.channel.ChannelOption;
import io.tenantredis.test.server.RedisServer;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/** With epoll on the class path, which only the profile {@code native-transport} puts there. */
class NativeTransportTest {

  @Test
  void epollIsUsedWhereItIsOnTheClassPathAndKnowsTcpUserTimeout() throws Exception {
    assumeThat(EpollProvider.isAvailable()).as("run with -Pnative-transport").isTrue();
    AtomicReference<Channel> connected = new AtomicReference<>();
    ClientResources resources =
        DefaultClientResources.builder()
            .nettyCustomizer(
                new NettyCustomizer() {
                  @Override
                  public void afterChannelInitialized(Channel channel) {
                    connected.set(channel);
                  }
                })
            .build();
    try (RedisServer server = Tenants.confined().start();
        TenantRedis redis =
            Tenants.client(server)
                .clientResources(resources)
                .connections(
                    ConnectionOptions.builder().tcpUserTimeout(Duration.ofSeconds(17)).build())
                .build()) {
      assertThat(redis.tenant("acme").sync().set("k", "v")).isEqualTo("OK");
      assertThat(connected.get().getClass().getSimpleName()).isEqualTo("EpollSocketChannel");
      assertThat(option(connected.get(), "TCP_USER_TIMEOUT")).isEqualTo(17_000);
      assertThat(option(connected.get(), "TCP_KEEPIDLE")).isEqualTo(30);
    } finally {
      resources.shutdown(0, 2, TimeUnit.SECONDS).get(30, TimeUnit.SECONDS);
    }
  }

  private static Object option(Channel channel, String name) {
    return channel
        .config()
        .getOption(ChannelOption.valueOf("io.netty.channel.epoll.EpollChannelOption#" + name));
  }
}
