package io.tenantredis.spring.data;

import io.lettuce.core.cluster.SlotHash;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Collection;
import java.util.Map;
import org.springframework.data.redis.connection.ClusterInfo;
import org.springframework.data.redis.connection.ReactiveClusterGeoCommands;
import org.springframework.data.redis.connection.ReactiveClusterHashCommands;
import org.springframework.data.redis.connection.ReactiveClusterHyperLogLogCommands;
import org.springframework.data.redis.connection.ReactiveClusterKeyCommands;
import org.springframework.data.redis.connection.ReactiveClusterListCommands;
import org.springframework.data.redis.connection.ReactiveClusterNumberCommands;
import org.springframework.data.redis.connection.ReactiveClusterServerCommands;
import org.springframework.data.redis.connection.ReactiveClusterSetCommands;
import org.springframework.data.redis.connection.ReactiveClusterStreamCommands;
import org.springframework.data.redis.connection.ReactiveClusterStringCommands;
import org.springframework.data.redis.connection.ReactiveClusterZSetCommands;
import org.springframework.data.redis.connection.ReactivePubSubCommands;
import org.springframework.data.redis.connection.ReactiveRedisClusterConnection;
import org.springframework.data.redis.connection.ReactiveRedisConnection;
import org.springframework.data.redis.connection.ReactiveScriptingCommands;
import org.springframework.data.redis.connection.RedisClusterNode;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * One tenant's reactive connection to a cluster: the commands are those of any other of the
 * tenant's connections, slots and nodes can be asked for, and nothing addresses a node.
 */
final class TenantReactiveClusterConnection implements ReactiveRedisClusterConnection {

  private final ReactiveRedisConnection connection;
  private final TenantConnections connections;

  TenantReactiveClusterConnection(
      ReactiveRedisConnection connection, TenantConnections connections) {
    this.connection = connection;
    this.connections = connections;
  }

  /** The same commands, as the type that a cluster's connection has for them. */
  private static <T> T onCluster(Class<T> type, Object commands) {
    return type.cast(
        Proxy.newProxyInstance(
            type.getClassLoader(),
            new Class<?>[] {type},
            (proxy, method, arguments) -> {
              if (Arrays.asList(method.getParameterTypes()).contains(RedisClusterNode.class)) {
                return method.getReturnType() == Mono.class
                    ? Mono.error(() -> NotForTenants.onNode(method.getName()))
                    : Flux.error(() -> NotForTenants.onNode(method.getName()));
              }
              try {
                return method.invoke(commands, arguments);
              } catch (InvocationTargetException failure) {
                throw failure.getTargetException();
              }
            }));
  }

  @Override
  public ReactiveClusterKeyCommands keyCommands() {
    return onCluster(ReactiveClusterKeyCommands.class, connection.keyCommands());
  }

  @Override
  public ReactiveClusterStringCommands stringCommands() {
    return onCluster(ReactiveClusterStringCommands.class, connection.stringCommands());
  }

  @Override
  public ReactiveClusterNumberCommands numberCommands() {
    return onCluster(ReactiveClusterNumberCommands.class, connection.numberCommands());
  }

  @Override
  public ReactiveClusterListCommands listCommands() {
    return onCluster(ReactiveClusterListCommands.class, connection.listCommands());
  }

  @Override
  public ReactiveClusterSetCommands setCommands() {
    return onCluster(ReactiveClusterSetCommands.class, connection.setCommands());
  }

  @Override
  public ReactiveClusterZSetCommands zSetCommands() {
    return onCluster(ReactiveClusterZSetCommands.class, connection.zSetCommands());
  }

  @Override
  public ReactiveClusterHashCommands hashCommands() {
    return onCluster(ReactiveClusterHashCommands.class, connection.hashCommands());
  }

  @Override
  public ReactiveClusterGeoCommands geoCommands() {
    return onCluster(ReactiveClusterGeoCommands.class, connection.geoCommands());
  }

  @Override
  public ReactiveClusterHyperLogLogCommands hyperLogLogCommands() {
    return onCluster(ReactiveClusterHyperLogLogCommands.class, connection.hyperLogLogCommands());
  }

  @Override
  public ReactiveClusterServerCommands serverCommands() {
    return onCluster(ReactiveClusterServerCommands.class, connection.serverCommands());
  }

  @Override
  public ReactiveClusterStreamCommands streamCommands() {
    return onCluster(ReactiveClusterStreamCommands.class, connection.streamCommands());
  }

  @Override
  public ReactivePubSubCommands pubSubCommands() {
    return connection.pubSubCommands();
  }

  @Override
  public ReactiveScriptingCommands scriptingCommands() {
    return connection.scriptingCommands();
  }

  @Override
  public Mono<String> ping() {
    return connection.ping();
  }

  @Override
  public Mono<Void> closeLater() {
    return connection.closeLater();
  }

  @Override
  public void close() {
    connection.close();
  }

  // ---- What may be asked ---------------------------------------------------------------------

  private Mono<ClusterNodes> nodes() {
    return connections.nodes().onErrorMap(TranslatingReactive::translated);
  }

  @Override
  public Flux<RedisClusterNode> clusterGetNodes() {
    return nodes().flatMapIterable(ClusterNodes::all);
  }

  @Override
  public Flux<RedisClusterNode> clusterGetReplicas(RedisClusterNode master) {
    return nodes().flatMapIterable(nodes -> nodes.replicasOf(master));
  }

  @Override
  public Mono<Map<RedisClusterNode, Collection<RedisClusterNode>>> clusterGetMasterReplicaMap() {
    return nodes().map(ClusterNodes::replicasByMaster);
  }

  /** The slot that counts: that of the key with the tenant's prefix. */
  @Override
  public Mono<Integer> clusterGetSlotForKey(ByteBuffer key) {
    return Mono.fromSupplier(
        () -> {
          byte[] bytes = new byte[key.remaining()];
          key.duplicate().get(bytes);
          return SlotHash.getSlot(connections.onTheServer(bytes));
        });
  }

  @Override
  public Mono<RedisClusterNode> clusterGetNodeForSlot(int slot) {
    return nodes().mapNotNull(nodes -> nodes.serving(slot));
  }

  @Override
  public Mono<RedisClusterNode> clusterGetNodeForKey(ByteBuffer key) {
    return clusterGetSlotForKey(key).flatMap(this::clusterGetNodeForSlot);
  }

  // ---- What is no tenant's to do -------------------------------------------------------------

  private static <T> Mono<T> change(String method) {
    return Mono.error(() -> NotForTenants.change(method));
  }

  @Override
  public Mono<ClusterInfo> clusterGetClusterInfo() {
    return Mono.error(() -> NotForTenants.view("clusterGetClusterInfo"));
  }

  @Override
  public Mono<Long> clusterCountKeysInSlot(int slot) {
    return Mono.error(() -> NotForTenants.view("clusterCountKeysInSlot"));
  }

  @Override
  public Flux<ByteBuffer> clusterGetKeysInSlot(int slot, int count) {
    return Flux.error(() -> NotForTenants.view("clusterGetKeysInSlot"));
  }

  @Override
  public Mono<Void> clusterAddSlots(RedisClusterNode node, int... slots) {
    return change("clusterAddSlots");
  }

  @Override
  public Mono<Void> clusterAddSlots(RedisClusterNode node, RedisClusterNode.SlotRange range) {
    return change("clusterAddSlots");
  }

  @Override
  public Mono<Void> clusterDeleteSlots(RedisClusterNode node, int... slots) {
    return change("clusterDeleteSlots");
  }

  @Override
  public Mono<Void> clusterDeleteSlotsInRange(
      RedisClusterNode node, RedisClusterNode.SlotRange range) {
    return change("clusterDeleteSlotsInRange");
  }

  @Override
  public Mono<Void> clusterForget(RedisClusterNode node) {
    return change("clusterForget");
  }

  @Override
  public Mono<Void> clusterMeet(RedisClusterNode node) {
    return change("clusterMeet");
  }

  @Override
  public Mono<Void> clusterSetSlot(RedisClusterNode node, int slot, AddSlots mode) {
    return change("clusterSetSlot");
  }

  @Override
  public Mono<Void> clusterReplicate(RedisClusterNode master, RedisClusterNode replica) {
    return change("clusterReplicate");
  }

  @Override
  public Mono<String> ping(RedisClusterNode node) {
    return Mono.error(() -> NotForTenants.onNode("ping"));
  }
}
