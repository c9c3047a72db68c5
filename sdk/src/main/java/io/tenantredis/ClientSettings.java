package io.tenantredis;

import io.lettuce.core.ClientOptions;
import io.lettuce.core.MaintNotificationsConfig;
import io.lettuce.core.ReadFrom;
import io.lettuce.core.RedisCredentialsProvider;
import io.lettuce.core.RedisURI;
import io.lettuce.core.SocketOptions;
import io.lettuce.core.SslOptions;
import io.lettuce.core.SslVerifyMode;
import io.lettuce.core.TimeoutOptions;
import io.lettuce.core.cluster.RedisClusterURIUtil;
import io.lettuce.core.resource.ClientResources;
import io.lettuce.core.resource.EpollProvider;
import io.lettuce.core.resource.IOUringProvider;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.composite.CompositeMeterRegistry;
import io.micrometer.observation.ObservationRegistry;
import io.tenantredis.internal.connection.NodeAddress;
import io.tenantredis.internal.connection.ProbeSettings;
import io.tenantredis.internal.connection.TlsMaterial;
import io.tenantredis.internal.connection.TlsSettings;
import io.tenantredis.internal.keyspace.CommandRule;
import io.tenantredis.internal.keyspace.CommandRules;
import io.tenantredis.internal.keyspace.LegacyReads;
import io.tenantredis.internal.metrics.ClientMeters;
import io.tenantredis.internal.pool.Backoff;
import io.tenantredis.internal.pool.ConnectPolicy;
import io.tenantredis.internal.pool.ReadFroms;
import io.tenantredis.internal.pubsub.PubSubSettings;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.DoubleSupplier;
import org.jspecify.annotations.Nullable;

/**
 * What a {@link TenantRedis} was built with, as it was when it was built, checked, and in the forms
 * that the parts of the client take. Immutable.
 */
final class ClientSettings {

  private static final String CLUSTER = "redis-cluster://";
  private static final String CLUSTER_TLS = "rediss-cluster://";

  final String redisUri;
  final String keyPrefix;
  final PrefixMode prefixMode;
  final @Nullable String identity;
  final IdentityCheck identityCheck;
  final @Nullable TenantCredentialsProvider credentials;
  final boolean withoutAclUsers;
  final Duration connectTimeout;
  final Duration commandTimeout;
  final Duration shutdownTimeout;
  final ResilienceOptions.Builder resilience;
  final PoolOptions pool;
  final PubSubOptions pubSub;
  final @Nullable MeterRegistry meterRegistry;
  final MetricsOptions metrics;
  final @Nullable ObservationRegistry observations;
  final @Nullable ClientResources clientResources;
  final @Nullable SslOptions sslOptions;
  final @Nullable String clientName;
  final @Nullable RedisCredentialsProvider sentinelCredentials;
  final boolean flushConsolidation;
  final ConnectionOptions connections;
  final CommandPolicy commands;
  final @Nullable LegacyKeys legacyKeys;
  final @Nullable TenantEndpoints endpoints;
  final ReadFrom readFrom;
  final List<NodeAddress> replicas;
  final TlsOptions tls;
  final boolean tlsGiven;

  /** Where to connect; of a cluster more than one node. */
  final List<RedisURI> uris;

  final @Nullable TlsMaterial tlsMaterial;
  final CommandRules rules;

  private ClientSettings(TenantRedis.Builder builder, List<String> problems) {
    this.redisUri = builder.redisUri;
    this.keyPrefix = builder.keyPrefix;
    this.prefixMode = builder.prefixMode;
    this.identity = builder.identity;
    this.identityCheck = builder.identityCheck;
    this.credentials = builder.credentials;
    this.withoutAclUsers = builder.withoutAclUsers;
    this.connectTimeout = builder.connectTimeout;
    this.commandTimeout = builder.commandTimeout;
    this.shutdownTimeout = builder.shutdownTimeout;
    this.resilience = builder.resilience;
    this.pool = builder.pool;
    this.pubSub = builder.pubSub;
    this.meterRegistry = builder.meterRegistry;
    this.metrics = builder.metrics;
    this.observations = builder.observations;
    this.clientResources = builder.clientResources;
    this.sslOptions = builder.sslOptions;
    this.clientName = builder.clientName;
    this.sentinelCredentials = builder.sentinelCredentials;
    this.flushConsolidation = builder.flushConsolidation;
    this.connections = builder.connections;
    this.commands = builder.commands;
    this.legacyKeys = builder.legacyKeys;
    this.endpoints = builder.endpoints;
    this.readFrom = builder.readFrom;
    this.tls = builder.tls;
    this.tlsGiven = builder.tlsGiven;
    this.uris = List.copyOf(uris(problems));
    this.replicas = replicas(builder.replicas, problems);
    checkReadFrom(problems);
    problems.addAll(KeyPrefixTemplate.problems(keyPrefix));
    checkIdentity(problems);
    Options.atLeast(Duration.ofMillis(1), connectTimeout, "connectTimeout", problems);
    Options.atLeast(Duration.ofMillis(1), commandTimeout, "commandTimeout", problems);
    Options.atLeast(Duration.ZERO, shutdownTimeout, "shutdownTimeout", problems);
    problems.addAll(resilience.problems());
    this.tlsMaterial = uris.isEmpty() ? null : tlsMaterial(uris.get(0), problems);
    this.rules = rules(problems);
    checkLegacyKeys(rules, problems);
  }

  /**
   * The settings of now.
   *
   * @throws ConfigurationException with every mistake at once
   */
  static ClientSettings of(TenantRedis.Builder builder) {
    List<String> problems = new ArrayList<>();
    ClientSettings settings = new ClientSettings(builder, problems);
    if (!problems.isEmpty()) {
      throw new ConfigurationException(problems);
    }
    return settings;
  }

  private List<NodeAddress> replicas(List<String> addresses, List<String> problems) {
    List<NodeAddress> named = new ArrayList<>();
    for (String address : addresses) {
      NodeAddress parsed = NodeAddress.parse(address);
      if (parsed == null) {
        problems.add("The replica '" + address + "' cannot be read: write host:port.");
      } else {
        named.add(parsed);
      }
    }
    if (!addresses.isEmpty() && !uris.isEmpty()) {
      if (isCluster() || !uris.get(0).getSentinels().isEmpty()) {
        problems.add(
            "replicas(...) is for one server: a cluster and Sentinels name theirs themselves. Remove it.");
      } else if (named.contains(NodeAddress.of(uris.get(0)))) {
        problems.add("replicas(...) names the server of the Redis URI: name its replicas alone.");
      }
    }
    return List.copyOf(named);
  }

  private void checkReadFrom(List<String> problems) {
    String problem = ReadFroms.problemOf(readFrom);
    if (problem != null) {
      problems.add(problem);
    }
    if (ReadFroms.isPrimaryOnly(readFrom)) {
      return;
    }
    if (endpoints != null) {
      problems.add(
          "readFrom(...) is for tenants that live together, and endpoints(...) says where each lives: keep one.");
    }
    if (legacyKeys != null) {
      problems.add(
          "readFrom(...) excludes legacyKeys(...): a replica that does not have a key yet would give its old value back. Keep"
              + " one.");
    }
    if (!uris.isEmpty()
        && !isCluster()
        && uris.get(0).getSentinels().isEmpty()
        && replicas.isEmpty()) {
      problems.add("readFrom(...) needs replicas: name them with replicas(\"host:port\", ...).");
    }
  }

  /** Whether there can be replicas that reads go to. */
  boolean readsReplicas() {
    boolean known = isCluster() || !uris.get(0).getSentinels().isEmpty() || !replicas.isEmpty();
    return known && endpoints == null && legacyKeys == null;
  }

  private void checkLegacyKeys(CommandRules rules, List<String> problems) {
    LegacyKeys keys = legacyKeys;
    if (keys == null) {
      return;
    }
    if (KeyPrefixTemplate.problems(keyPrefix).isEmpty()) {
      problems.addAll(keys.problems(KeyPrefixTemplate.of(keyPrefix)));
    }
    for (String name : keys.commands()) {
      CommandRule rule = rules.find(name);
      if (rule == null || !LegacyReads.canRead(rule)) {
        problems.add(
            name
                + " cannot go on to legacy names: name commands that read a key and answer no"
                + " names.");
      }
    }
    CommandRule exists = rules.find("EXISTS");
    if (exists == null || exists.isRefused()) {
      problems.add("legacyKeys needs EXISTS: do not withhold it.");
    }
  }

  private CommandRules rules(List<String> problems) {
    CommandRules all = CommandRules.standard();
    for (String row : commands.rows()) {
      try {
        all = all.with(List.of(row));
      } catch (IllegalArgumentException unusable) {
        problems.add("The rule '" + row + "' cannot be added: " + unusable.getMessage());
      }
    }
    for (String withheld : commands.withheld()) {
      if (all.all().stream().noneMatch(rule -> isOf(rule, withheld))) {
        problems.add("There is no command " + withheld + " to withhold: check its name.");
      }
    }
    return all.narrowed(
        rule ->
            commands.withheld().stream().noneMatch(withheld -> isOf(rule, withheld))
                && (commands.allowsScripts() || !runsCode(rule)));
  }

  private static boolean isOf(CommandRule rule, String command) {
    return rule.name().equals(command) || rule.name().startsWith(command + " ");
  }

  private static boolean runsCode(CommandRule rule) {
    return rule.isScript() || rule.group().equals("scripting");
  }

  private @Nullable TlsMaterial tlsMaterial(RedisURI uri, List<String> problems) {
    if (tlsGiven && sslOptions != null) {
      problems.add("tls(...) and sslOptions(...) are both given: keep one.");
    }
    if (!uri.isSsl() && endpoints == null) {
      if (tlsGiven || sslOptions != null) {
        problems.add(
            "The Redis URI is not for TLS although TLS options are given: write rediss://.");
      }
      return null;
    }
    if (uri.getVerifyMode() == SslVerifyMode.NONE) {
      problems.add(
          "The Redis URI switches the check of the server's certificate off: remove verifyPeer and"
              + " trust the server's authority with tls(...).");
    }
    if (sslOptions != null) {
      return null;
    }
    try {
      return TlsMaterial.read(tlsSettings());
    } catch (IOException unusable) {
      problems.add("TLS files cannot be used. " + unusable.getMessage());
      return null;
    }
  }

  TlsSettings tlsSettings() {
    return new TlsSettings(
        tls.trustPem(),
        tls.trustStore(),
        text(tls.trustStorePassword()),
        tls.certificatePem(),
        tls.keyPem(),
        tls.keyStore(),
        text(tls.keyPassword()),
        tls.minimumVersion() == TlsOptions.Version.TLS_1_3
            ? List.of("TLSv1.3")
            : List.of("TLSv1.3", "TLSv1.2"));
  }

  boolean isCluster() {
    return redisUri.startsWith(CLUSTER) || redisUri.startsWith(CLUSTER_TLS);
  }

  /** Where to connect; of a cluster more than one node. Empty if that cannot be said. */
  private List<RedisURI> uris(List<String> problems) {
    List<RedisURI> uris;
    try {
      uris = isCluster() ? seeds(problems) : List.of(RedisURI.create(redisUri));
    } catch (RuntimeException malformed) {
      problems.add(
          "The Redis URI cannot be read: write redis://host:port, or rediss://host:port for TLS.");
      return List.of();
    }
    check(uris.get(0), problems);
    uris.forEach(this::complete);
    return uris;
  }

  private List<RedisURI> seeds(List<String> problems) {
    String plain =
        redisUri.startsWith(CLUSTER_TLS)
            ? "rediss://" + redisUri.substring(CLUSTER_TLS.length())
            : "redis://" + redisUri.substring(CLUSTER.length());
    RedisURI all = RedisURI.create(plain);
    if (all.getDatabase() != 0) {
      problems.add("The Redis URI names a database: a cluster has only number 0. Remove it.");
    }
    List<RedisURI> seeds = RedisClusterURIUtil.toRedisURIs(URI.create(plain));
    seeds.forEach(
        seed -> {
          // What Lettuce forgets when it makes several of one.
          seed.setClientName(all.getClientName());
          seed.setLibraryName(all.getLibraryName());
          seed.setLibraryVersion(all.getLibraryVersion());
        });
    return seeds;
  }

  private void check(RedisURI uri, List<String> problems) {
    if (isCluster() && endpoints != null) {
      problems.add(
          "endpoints(...) is for servers, and the Redis URI names a cluster: give its tenants a client of"
              + " their own.");
    }
    if (uri.getHost() == null && uri.getSentinels().isEmpty()) {
      problems.add("The Redis URI names no host: write redis://host:port.");
    }
    if (sentinelCredentials != null) {
      if (uri.getSentinels().isEmpty()) {
        problems.add(
            "sentinelCredentials(...) is given but the Redis URI names no Sentinels: write"
                + " redis-sentinel://host:port,host:port#name, or remove them.");
      }
    }
    if (!withoutAclUsers && redisUri.indexOf('@') >= 0) {
      problems.add(
          "The Redis URI holds credentials, which no tenant would use: remove them and give the tenants' credentials with"
              + " credentials(...).");
    }
  }

  /** What the URI of an endpoint does not say itself. */
  void complete(RedisURI uri) {
    if (sentinelCredentials != null) {
      uri.getSentinels().forEach(sentinel -> sentinel.setCredentialsProvider(sentinelCredentials));
    }
    if (clientName != null) {
      uri.setClientName(clientName);
    }
    if (uri.isSsl()
        && uri.getVerifyMode() != SslVerifyMode.NONE
        && sslOptions == null
        && !tls.verifiesHostname()) {
      uri.setVerifyPeer(SslVerifyMode.CA);
    }
  }

  private void checkIdentity(List<String> problems) {
    if (withoutAclUsers) {
      if (identity != null || credentials != null) {
        problems.add(
            "withoutAclUsers() excludes identity(...) and credentials(...): keep one or the other.");
      }
      return;
    }
    if (identity == null) {
      problems.add(
          "identity(...) is missing: say which user ACL WHOAMI must answer, for example 'tenant_{tenant}'. For a plain"
              + " development server say withoutAclUsers().");
    } else {
      problems.addAll(IdentityTemplate.problems(identity));
    }
    if (credentials == null) {
      problems.add("credentials(...) is missing: say where the tenants' passwords come from.");
    }
  }

  private static @Nullable String text(char @Nullable [] password) {
    return password == null ? null : new String(password);
  }

  /**
   * Lettuce's options. Its request queue stays unbounded because a bounded one is two arrays of
   * that size for each connection: what is queued is bounded by the bulkhead, and nothing is queued
   * without a connection.
   */
  ClientOptions clientOptions() {
    ClientOptions.Builder builder =
        ClientOptions.builder()
            .autoReconnect(false)
            .disconnectedBehavior(ClientOptions.DisconnectedBehavior.REJECT_COMMANDS)
            .maintNotificationsConfig(MaintNotificationsConfig.disabled())
            // Lettuce would end commands after the connect timeout, with a timer for each of
            // them.
            .timeoutOptions(TimeoutOptions.create())
            .socketOptions(socketOptions());
    if (sslOptions != null) {
      builder.sslOptions(sslOptions);
    } else if (tlsMaterial != null) {
      builder.sslOptions(tlsMaterial.options());
    }
    return builder.build();
  }

  private SocketOptions socketOptions() {
    SocketOptions.Builder options =
        SocketOptions.builder().connectTimeout(connectTimeout).tcpNoDelay(true);
    Duration idle = connections.keepAliveIdle();
    if (!idle.isZero()) {
      options.keepAlive(
          SocketOptions.KeepAliveOptions.builder()
              .enable()
              .idle(idle)
              .interval(idle.dividedBy(3))
              .count(3)
              .build());
    }
    Duration userTimeout = connections.tcpUserTimeout();
    // Lettuce refuses to connect where the transport does not know this option.
    if (!userTimeout.isZero() && (EpollProvider.isAvailable() || IOUringProvider.isAvailable())) {
      options.tcpUserTimeout(
          SocketOptions.TcpUserTimeoutOptions.builder()
              .enable()
              .tcpUserTimeout(userTimeout)
              .build());
    }
    return options.build();
  }

  PubSubSettings pubSubSettings(int database) {
    return new PubSubSettings(
        pubSub.maxSubscriptions(),
        pubSub.maxQueuedMessages(),
        pubSub.maxQueuedBytes(),
        pubSub.maxMessageBytes(),
        pubSub.livenessInterval().toNanos(),
        commandTimeout.toNanos(),
        connectTimeout.plus(commandTimeout).toNanos(),
        database,
        pubSub.executor());
  }

  /** Meters that nobody sees are not worth keeping for each tenant. */
  ClientMeters clientMeters() {
    return meterRegistry == null
        ? new ClientMeters(
            new CompositeMeterRegistry(),
            metrics.toBuilder().tenants(TenantTags.off()).build(),
            System::nanoTime)
        : new ClientMeters(meterRegistry, metrics, System::nanoTime);
  }

  ConnectPolicy connectPolicy(
      ScheduledExecutorService timer, ClientMeters meters, @Nullable ProbeSettings probes) {
    DoubleSupplier random = () -> ThreadLocalRandom.current().nextDouble();
    Duration first = connections.firstReconnectDelay();
    return new ConnectPolicy(
        new Backoff(first, connections.longestReconnectDelay(), random),
        new Backoff(first, connections.longestQuarantineDelay(), random),
        connections.newUserPatience(),
        connections.reverifyInterval(),
        connections.credentialsPollInterval(),
        timer,
        System::nanoTime,
        random,
        meters,
        probes);
  }
}
