package io.tenantredis.spring.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lettuce.core.cluster.SlotHash;
import io.tenantredis.TenantId;
import io.tenantredis.TenantRedis;
import io.tenantredis.context.CurrentTenantResolver;
import io.tenantredis.context.TenantContext;
import io.tenantredis.spring.TestTenants;
import io.tenantredis.test.server.RedisCluster;
import io.tenantredis.test.server.RedisServer;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.reactivestreams.Publisher;
import org.springframework.dao.InvalidDataAccessApiUsageException;
import org.springframework.data.redis.cache.BatchStrategies;
import org.springframework.data.redis.cache.RedisCacheManager;
import org.springframework.data.redis.cache.RedisCacheWriter;
import org.springframework.data.redis.connection.DataType;
import org.springframework.data.redis.connection.ReactiveClusterCommands;
import org.springframework.data.redis.connection.ReactiveClusterKeyCommands;
import org.springframework.data.redis.connection.ReactiveClusterServerCommands;
import org.springframework.data.redis.connection.ReactiveRedisClusterConnection;
import org.springframework.data.redis.connection.ReactiveRedisConnection;
import org.springframework.data.redis.connection.RedisClusterCommands;
import org.springframework.data.redis.connection.RedisClusterConnection;
import org.springframework.data.redis.connection.RedisClusterNode;
import org.springframework.data.redis.connection.RedisClusterServerCommands;
import org.springframework.data.redis.connection.RedisConnection;
import org.springframework.data.redis.core.Cursor;
import org.springframework.data.redis.core.ScanOptions;
import org.springframework.data.redis.core.StringRedisTemplate;
import reactor.core.publisher.Flux;

/**
 * The connections that Spring Data has for clusters: every ordinary method on one of a tenant,
 * compared with a server of one's own, and what is offered for clusters alone.
 */
class ClusterContractTest extends ConnectionContract {

  private static final Set<String> ANSWERED =
      Set.of(
          "clusterGetNodes",
          "clusterGetReplicas",
          "clusterGetMasterReplicaMap",
          "clusterGetSlotForKey",
          "clusterGetNodeForSlot",
          "clusterGetNodeForKey");

  /** All keys on one node, to compare. */
  static RedisCluster one;

  /** Keys spread over three, one of which has a replica. */
  static RedisCluster three;

  static TenantRedis spread;
  static TenantRedisConnectionFactory spreadTenants;

  @BeforeAll
  static void start() {
    one = RedisCluster.builder().masters(1).server(sharedServer("tenant:{acme}:")).start();
    compare(one.masters().get(0), client(one).keyPrefix("tenant:{{tenant}}:").build());
    RedisServer.Builder server = TestTenants.builder("acme", "globex");
    // On a busy machine nodes are slow to answer one another, and are not to be given up for that.
    three = RedisCluster.builder().server(server).nodeTimeout(Duration.ofSeconds(30)).start();
    String replica = String.valueOf(three.addReplica(three.masters().get(0)).port());
    // CLUSTER SLOTS leaves a replica out until its master's data has come to it, as nodes hear.
    Awaitility.await()
        .atMost(Duration.ofSeconds(60))
        .until(
            () ->
                three.nodes().stream()
                    .allMatch(
                        node ->
                            node.admin().command("CLUSTER", "SLOTS").toString().contains(replica)));
    spread = client(three).build();
    spreadTenants = new TenantRedisConnectionFactory(spread, CurrentTenantResolver.context());
  }

  @AfterAll
  static void stopClusters() {
    spread.close();
    three.close();
    one.close();
  }

  private static TenantRedis.Builder client(RedisCluster cluster) {
    String nodes =
        cluster.masters().stream()
            .map(node -> node.host() + ":" + node.port())
            .collect(Collectors.joining(","));
    return TenantRedis.builder("redis-cluster://" + nodes)
        .identity("tenant_{tenant}")
        .credentials(TestTenants.credentials());
  }

  @Override
  String prefixOf(String tenant) {
    return "tenant:{" + tenant + "}:";
  }

  @Override
  RedisConnection connection() {
    return tenants.getClusterConnection();
  }

  @Override
  ReactiveRedisConnection reactiveConnection() {
    return tenants.getReactiveClusterConnection();
  }

  @Test
  void eachOperationAnswersAndWritesAsOnAServerOfItsOwn() throws Exception {
    eachMethod(
        "Redis",
        (method, arguments) ->
            both(
                method.toString(),
                factory -> {
                  try (RedisConnection connection = factory.get()) {
                    Object result = invoke(connection, method, arguments.of(method));
                    return result instanceof Cursor<?> cursor
                        ? unordered(method, cursor.stream())
                        : result;
                  }
                }));
    assertNoDifference(250);
  }

  @Test
  @EnabledIfSystemProperty(named = "tenantredis.long", matches = "true")
  void eachReactiveOperationAnswersAndWritesAsOnAServerOfItsOwn() throws Exception {
    eachMethod(
        "Reactive",
        (method, arguments) ->
            both(
                method.toString(),
                factory -> {
                  ReactiveRedisConnection connection = factory.reactive();
                  try {
                    Object commands = commands(connection, method);
                    Object publisher = invokeOn(commands, method, arguments.of(method));
                    return unordered(
                        method, Flux.from((Publisher<?>) publisher).collectList().block().stream());
                  } finally {
                    connection.close();
                  }
                }));
    assertNoDifference(220);
  }

  @Test
  void slotsAndNodesAreThoseOfTheKeysOnTheServer() {
    try (RedisClusterConnection connection = spreadTenants.getClusterConnection()) {
      assertThat(connection.clusterGetSlotForKey(bytes("k")))
          .isEqualTo(SlotHash.getSlot("tenant:acme:k"));
      assertThat(connection.clusterCommands().clusterGetNodes())
          .extracting(RedisClusterNode::getPort)
          .containsExactlyInAnyOrderElementsOf(
              three.nodes().stream().map(RedisServer::port).toList());
      for (String key : List.of("k", "l", "m", "n")) {
        assertThat(connection.clusterGetNodeForKey(bytes(key)).getPort())
            .isEqualTo(three.masterOf("tenant:acme:" + key).port());
      }
      RedisServer followed = three.masters().get(0);
      RedisClusterNode master = new RedisClusterNode(followed.host(), followed.port());
      assertThat(connection.clusterGetReplicas(master))
          .extracting(RedisClusterNode::getPort)
          .containsExactly(three.replicasOf(followed).get(0).port());
      assertThat(connection.clusterGetMasterReplicaMap()).hasSize(3);
      assertThat(connection.clusterGetMasterReplicaMap().get(master)).hasSize(1);
    }
    ReactiveRedisClusterConnection reactive = spreadTenants.getReactiveClusterConnection();
    assertThat(reactive.clusterGetSlotForKey(ByteBuffer.wrap(bytes("k"))).block())
        .isEqualTo(SlotHash.getSlot("tenant:acme:k"));
    assertThat(reactive.clusterGetNodes().collectList().block()).hasSize(4);
    assertThat(reactive.clusterGetNodeForKey(ByteBuffer.wrap(bytes("k"))).block().getPort())
        .isEqualTo(three.masterOf("tenant:acme:k").port());
    assertThat(reactive.clusterGetMasterReplicaMap().block()).hasSize(3);
    ByteBuffer key = ByteBuffer.wrap(bytes("reactive"));
    assertThat(reactive.stringCommands().set(key, ByteBuffer.wrap(bytes("v"))).block()).isTrue();
    assertThat(reactive.keyCommands().exists(key).block()).isTrue();
    assertThat(reactive.listCommands().rPush(ByteBuffer.wrap(bytes("l")), List.of(key)).block())
        .isEqualTo(1);
    assertThat(reactive.ping().block()).isEqualTo("PONG");
    reactive.close();
  }

  @Test
  void whatAddressesANodeChangesTheClusterOrTellsOfOthersIsRefused() throws Exception {
    load();
    try (RedisClusterConnection connection = tenants.getClusterConnection()) {
      assertRefused(connection.clusterCommands(), RedisClusterCommands.class, 11);
      assertRefused(connection.serverCommands(), RedisClusterServerCommands.class, 19);
      assertRefused(connection, RedisClusterConnection.class, 4);
    }
    ReactiveRedisClusterConnection reactive = tenants.getReactiveClusterConnection();
    assertRefused(reactive, ReactiveClusterCommands.class, 11);
    assertRefused(reactive, ReactiveRedisClusterConnection.class, 1);
    assertRefused(reactive.serverCommands(), ReactiveClusterServerCommands.class, 16);
    assertRefused(reactive.keyCommands(), ReactiveClusterKeyCommands.class, 2);
    reactive.close();
    assertThat(shared.isRunning()).isTrue();
    assertThat(shared.admin().text("GET", "tenant:{globex}:string")).isEqualTo("1");
    assertThat(shared.admin().command("ACL", "LOG").toString()).isEqualTo("[]");
  }

  /** All methods that the type itself declares for nodes, slots and the cluster. */
  private static void assertRefused(Object commands, Class<?> type, int atLeast) throws Exception {
    Set<String> refused = new TreeSet<>();
    for (Method method : type.getDeclaredMethods()) {
      boolean forNodes =
          Arrays.asList(method.getParameterTypes()).contains(RedisClusterNode.class)
              || method.getName().startsWith("cluster");
      if (!forNodes
          || ANSWERED.contains(method.getName())
          || method.getName().equals("clusterCommands")
          || Modifier.isStatic(method.getModifiers())
          || method.isSynthetic()) {
        continue;
      }
      Object[] arguments =
          Arrays.stream(method.getParameterTypes()).map(ClusterContractTest::any).toArray();
      method.setAccessible(true);
      assertThatThrownBy(
              () -> {
                try {
                  Object result = method.invoke(commands, arguments);
                  if (result instanceof Publisher<?> publisher) {
                    Flux.from(publisher).collectList().block();
                  }
                } catch (InvocationTargetException failure) {
                  throw failure.getTargetException();
                }
              })
          .as(method.toString())
          .isInstanceOf(InvalidDataAccessApiUsageException.class)
          .hasMessageContaining("'" + method.getName() + "'");
      refused.add(method.toString());
    }
    assertThat(refused).hasSizeGreaterThanOrEqualTo(atLeast);
  }

  private static Object any(Class<?> type) {
    if (type == RedisClusterNode.class) {
      RedisServer node = one.masters().get(0);
      return new RedisClusterNode(node.host(), node.port());
    }
    if (type == RedisClusterNode.SlotRange.class) {
      return new RedisClusterNode.SlotRange(1, 2);
    }
    if (type == int[].class) {
      return new int[] {1};
    }
    if (type == int.class || type == Integer.class) {
      return 1;
    }
    if (type == byte[].class) {
      return bytes("string");
    }
    if (type == ByteBuffer.class) {
      return ByteBuffer.wrap(bytes("string"));
    }
    if (type == String.class) {
      return "maxmemory";
    }
    if (type == ScanOptions.class) {
      return ScanOptions.NONE;
    }
    return type.isEnum() ? type.getEnumConstants()[0] : null;
  }

  @Test
  void keysThatAreSpreadAreFoundOnAllNodes() {
    StringRedisTemplate template = new StringRedisTemplate(spreadTenants);
    List<String> names = IntStream.range(0, 100).mapToObj(i -> "spread" + i).toList();
    names.forEach(name -> template.opsForValue().set(name, "v"));
    TenantContext.run(TenantId.of("globex"), () -> template.opsForValue().set("spread7", "g"));
    assertThat(three.masters()).allMatch(node -> node.admin().integer("DBSIZE") > 0);
    assertThat(template.keys("spread*")).containsExactlyInAnyOrderElementsOf(names);
    try (Cursor<String> found =
        template.scan(ScanOptions.scanOptions().match("spread1*").count(3).build())) {
      assertThat(found.stream()).hasSize(11).contains("spread1", "spread19");
      assertThat(found.getPosition()).isEqualTo(11);
      assertThat(found.getId().isInitial()).isTrue();
    }
    // Only SCAN itself knows types, and it knows one node.
    assertThatThrownBy(
            () -> template.scan(ScanOptions.scanOptions().type(DataType.STRING).build()).hasNext())
        .isInstanceOf(InvalidDataAccessApiUsageException.class);
    RedisCacheManager caches =
        RedisCacheManager.builder(
                RedisCacheWriter.create(
                    spreadTenants,
                    writer -> writer.immediateWrites().batchStrategy(BatchStrategies.scan(10))))
            .build();
    for (int i = 0; i < 20; i++) {
      caches.getCache("carts").put("k" + i, "a" + i);
    }
    TenantContext.run(TenantId.of("globex"), () -> caches.getCache("carts").put("k1", "g"));
    caches.getCache("carts").clear();
    assertThat(template.keys("carts*")).isEmpty();
    TenantContext.run(
        TenantId.of("globex"),
        () -> assertThat(caches.getCache("carts").get("k1", String.class)).isEqualTo("g"));
  }

  @Test
  void aCursorNoticesThatAnotherTenantIsCurrent() {
    try (RedisConnection connection = spreadTenants.getConnection();
        Cursor<byte[]> cursor = connection.keyCommands().scan(ScanOptions.NONE)) {
      TenantContext.run(
          TenantId.of("globex"),
          () ->
              assertThatThrownBy(cursor::hasNext)
                  .isInstanceOf(InvalidDataAccessApiUsageException.class)
                  .hasMessageContaining("'globex'"));
    }
  }

  @Test
  void templatesRefuseWhatTheyOfferForClusters() {
    RedisServer node = three.masters().get(0);
    RedisClusterNode address = new RedisClusterNode(node.host(), node.port());
    StringRedisTemplate template = new StringRedisTemplate(spreadTenants);
    assertThatThrownBy(() -> template.opsForCluster().flushDb(address))
        .isInstanceOf(InvalidDataAccessApiUsageException.class)
        .hasMessageContaining("'flushDb' addresses a node");
    assertThatThrownBy(() -> template.opsForCluster().keys(address, "*"))
        .isInstanceOf(InvalidDataAccessApiUsageException.class);
    assertThat(template.opsForCluster().getReplicas(address)).hasSize(1);
  }
}
