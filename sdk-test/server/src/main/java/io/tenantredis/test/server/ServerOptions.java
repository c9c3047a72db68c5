package io.tenantredis.test.server;

import io.tenantredis.test.server.ConfigFile.Setting;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What a {@link RedisServer.Builder} was told, and what that means in the server's own files. */
final class ServerOptions {

  /** What a server's process is. */
  enum Role {
    SERVER,
    CLUSTER_NODE,
    SENTINEL
  }

  final List<Setting> settings = new ArrayList<>();
  final Map<String, List<String>> users = new LinkedHashMap<>();
  Role role = Role.SERVER;
  @Nullable String requirePass;
  @Nullable Administrator administrator;
  @Nullable Path binary;
  @Nullable TestCertificates certificates;
  TestCertificates.@Nullable Identity serverCertificate;
  boolean requireClientCertificate;
  boolean appendOnly;
  int port;
  Duration startTimeout = Duration.ofSeconds(20);

  ServerOptions copy() {
    ServerOptions copy = new ServerOptions();
    copy.settings.addAll(settings);
    copy.users.putAll(users);
    copy.role = role;
    copy.requirePass = requirePass;
    copy.administrator = administrator;
    copy.binary = binary;
    copy.certificates = certificates;
    copy.serverCertificate = serverCertificate;
    copy.requireClientCertificate = requireClientCertificate;
    copy.appendOnly = appendOnly;
    copy.port = port;
    copy.startTimeout = startTimeout;
    return copy;
  }

  boolean hasTls() {
    return serverCertificate != null;
  }

  ServerOptions add(String name, Object... values) {
    List<String> texts = new ArrayList<>();
    for (Object value : values) {
      texts.add(value.toString());
    }
    settings.add(new Setting(name, texts));
    return this;
  }

  /** Decides who administers the server, so that servers made from these options agree about it. */
  Administrator chooseAdministrator() {
    if (administrator == null) {
      administrator =
          users.containsKey("default")
              ? Administrator.withRandomPassword()
              : new Administrator("default", requirePass);
    }
    return administrator;
  }

  void writeUsers(Path file) {
    Administrator chosen = chooseAdministrator();
    AclFile acl = new AclFile();
    if (requirePass != null) {
      acl.administrator("default", requirePass);
    } else if (chosen.password() == null) {
      acl.openDefault();
    } else {
      acl.user("default", List.of("off"));
    }
    users.forEach(acl::user);
    if (chosen.password() != null) {
      acl.administrator(chosen.user(), chosen.password());
    }
    acl.write(file);
  }

  void writeConfiguration(Path file, Path directory, Addresses addresses) {
    ConfigFile configuration =
        new ConfigFile()
            .add("bind", addresses.host())
            .add("port", addresses.port())
            .add("dir", directory)
            .add("aclfile", directory.resolve("users.acl"));
    if (role != Role.SENTINEL) {
      configuration
          .add("save", "")
          .add("appendonly", appendOnly ? "yes" : "no")
          .add("appendfsync", appendOnly ? "always" : "no")
          .add("enable-debug-command", "yes")
          .add("repl-diskless-sync-delay", "0");
    }
    if (role == Role.CLUSTER_NODE) {
      configuration
          .add("cluster-enabled", "yes")
          .add("cluster-config-file", "nodes.conf")
          .add("cluster-port", addresses.busPort());
    }
    if (certificates != null && serverCertificate != null) {
      configuration
          .add("tls-port", addresses.tlsPort())
          .add("tls-cert-file", serverCertificate.certificatePem())
          .add("tls-key-file", serverCertificate.keyPem())
          .add("tls-ca-cert-file", certificates.caPem())
          .add("tls-auth-clients", requireClientCertificate ? "yes" : "no");
    }
    configuration.add(settings).write(file);
  }

  /** The command that starts the server with this configuration. */
  List<String> command(Path executable, Path configuration) {
    List<String> command =
        new ArrayList<>(List.of(executable.toString(), configuration.toString()));
    if (role == Role.SENTINEL) {
      command.add("--sentinel");
    }
    return command;
  }
}
