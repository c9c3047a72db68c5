package io.tenantredis.spring.data;

import io.lettuce.core.cluster.SlotHash;
import io.tenantredis.context.CurrentTenantResolver;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.data.redis.connection.ClusterInfo;
import org.springframework.data.redis.connection.RedisClusterCommands;
import org.springframework.data.redis.connection.RedisClusterConnection;
import org.springframework.data.redis.connection.RedisClusterNode;
import org.springframework.data.redis.connection.RedisClusterServerCommands;
import org.springframework.data.redis.connection.RedisServerCommands;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionProvider;
import org.springframework.data.redis.core.Cursor;
import org.springframework.data.redis.core.ScanOptions;

/**
 * One tenant's connection to a cluster: the commands are those of any other of the tenant's
 * connections, slots and nodes can be asked for, and nothing addresses a node.
 */
final class TenantClusterConnection extends TenantLettuceConnection
    implements RedisClusterConnection {

  private final TenantConnections connections;

  TenantClusterConnection(
      TenantConnections connections,
      CurrentTenantResolver tenants,
      LettuceConnectionProvider provider,
      long timeout) {
    super(connections, tenants, provider, timeout);
    this.connections = connections;
  }

  @Override
  public RedisClusterCommands clusterCommands() {
    return this;
  }

  @Override
  public RedisClusterServerCommands serverCommands() {
    RedisServerCommands commands = super.serverCommands();
    return (RedisClusterServerCommands)
        Proxy.newProxyInstance(
            RedisClusterServerCommands.class.getClassLoader(),
            new Class<?>[] {RedisClusterServerCommands.class},
            (proxy, method, arguments) -> {
              if (Arrays.asList(method.getParameterTypes()).contains(RedisClusterNode.class)) {
                throw NotForTenants.onNode(method.getName());
              }
              try {
                return method.invoke(commands, arguments);
              } catch (InvocationTargetException failure) {
                throw failure.getTargetException();
              }
            });
  }

  // ---- What may be asked ---------------------------------------------------------------------

  private ClusterNodes nodes() {
    checkTenant();
    try {
      return ClusterNodes.parse(connections.shared().sync().clusterSlots());
    } catch (RuntimeException failure) {
      throw convertLettuceAccessException(failure);
    }
  }

  @Override
  public List<RedisClusterNode> clusterGetNodes() {
    return nodes().all();
  }

  @Override
  public Set<RedisClusterNode> clusterGetReplicas(RedisClusterNode master) {
    return nodes().replicasOf(master);
  }

  @Override
  public Map<RedisClusterNode, Collection<RedisClusterNode>> clusterGetMasterReplicaMap() {
    return nodes().replicasByMaster();
  }

  /** The slot that counts: that of the key with the tenant's prefix. */
  @Override
  public Integer clusterGetSlotForKey(byte[] key) {
    return SlotHash.getSlot(connections.onTheServer(key));
  }

  @Override
  public @Nullable RedisClusterNode clusterGetNodeForSlot(int slot) {
    return nodes().serving(slot);
  }

  @Override
  public @Nullable RedisClusterNode clusterGetNodeForKey(byte[] key) {
    return clusterGetNodeForSlot(clusterGetSlotForKey(key));
  }

  // ---- What is no tenant's to do -------------------------------------------------------------

  @Override
  public ClusterInfo clusterGetClusterInfo() {
    throw NotForTenants.view("clusterGetClusterInfo");
  }

  @Override
  public Long clusterCountKeysInSlot(int slot) {
    throw NotForTenants.view("clusterCountKeysInSlot");
  }

  @Override
  public List<byte[]> clusterGetKeysInSlot(int slot, Integer count) {
    throw NotForTenants.view("clusterGetKeysInSlot");
  }

  @Override
  public void clusterAddSlots(RedisClusterNode node, int... slots) {
    throw NotForTenants.change("clusterAddSlots");
  }

  @Override
  public void clusterAddSlots(RedisClusterNode node, RedisClusterNode.SlotRange range) {
    throw NotForTenants.change("clusterAddSlots");
  }

  @Override
  public void clusterDeleteSlots(RedisClusterNode node, int... slots) {
    throw NotForTenants.change("clusterDeleteSlots");
  }

  @Override
  public void clusterDeleteSlotsInRange(RedisClusterNode node, RedisClusterNode.SlotRange range) {
    throw NotForTenants.change("clusterDeleteSlotsInRange");
  }

  @Override
  public void clusterForget(RedisClusterNode node) {
    throw NotForTenants.change("clusterForget");
  }

  @Override
  public void clusterMeet(RedisClusterNode node) {
    throw NotForTenants.change("clusterMeet");
  }

  @Override
  public void clusterSetSlot(RedisClusterNode node, int slot, AddSlots mode) {
    throw NotForTenants.change("clusterSetSlot");
  }

  @Override
  public void clusterReplicate(RedisClusterNode master, RedisClusterNode replica) {
    throw NotForTenants.change("clusterReplicate");
  }

  @Override
  public String ping(RedisClusterNode node) {
    throw NotForTenants.onNode("ping");
  }

  @Override
  public Set<byte[]> keys(RedisClusterNode node, byte[] pattern) {
    throw NotForTenants.onNode("keys");
  }

  @Override
  public Cursor<byte[]> scan(RedisClusterNode node, ScanOptions options) {
    throw NotForTenants.onNode("scan");
  }

  @Override
  public byte[] randomKey(RedisClusterNode node) {
    throw NotForTenants.onNode("randomKey");
  }
}
