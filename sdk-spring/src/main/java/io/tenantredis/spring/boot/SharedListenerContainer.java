package io.tenantredis.spring.boot;

import java.util.Collection;
import java.util.Map;
import org.springframework.dao.InvalidDataAccessApiUsageException;
import org.springframework.data.redis.connection.MessageListener;
import org.springframework.data.redis.listener.RedisMessageListenerContainer;
import org.springframework.data.redis.listener.Topic;

/**
 * In the place of the container that Boot makes for whoever names none. It would listen as the
 * tenant who came first, and hand that one's messages to the listeners of all others; this one
 * refuses listeners before it knows them.
 */
final class SharedListenerContainer extends RedisMessageListenerContainer {

  @Override
  public void setMessageListeners(
      Map<? extends MessageListener, Collection<? extends Topic>> listeners) {
    throw refusal();
  }

  @Override
  public void addMessageListener(MessageListener listener, Collection<? extends Topic> topics) {
    throw refusal();
  }

  private static InvalidDataAccessApiUsageException refusal() {
    return new InvalidDataAccessApiUsageException(
        "The listener container 'redisMessageListenerContainer' is all tenants', and a container listens for one: declare a"
            + " bean of type TenantMessageListenerContainer for each tenant and name it, as in"
            + " @RedisListener(topic = \"orders\", container = \"acmeListeners\"), or add the listener to it.");
  }
}
