package io.tenantredis.test;

import io.tenantredis.TenantCredentials;
import io.tenantredis.TenantCredentialsProvider;
import io.tenantredis.TenantId;
import io.tenantredis.admin.AclPolicy;
import io.tenantredis.admin.NewUser;
import io.tenantredis.admin.Tenancy;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.UnaryOperator;

/** Makes a tenant's user when somebody first wants to log in as it. Thread-safe. */
final class OnDemandUsers implements TenantCredentialsProvider {

  private final Provisioning provisioning;
  private final Tenancy tenancy;
  private final UnaryOperator<AclPolicy.Builder> policy;
  private final Map<TenantId, CompletableFuture<TenantCredentials>> users =
      new ConcurrentHashMap<>();

  OnDemandUsers(
      Provisioning provisioning, Tenancy tenancy, UnaryOperator<AclPolicy.Builder> policy) {
    this.provisioning = provisioning;
    this.tenancy = tenancy;
    this.policy = policy;
  }

  @Override
  public CompletableFuture<TenantCredentials> credentials(TenantId tenant) {
    return users
        .computeIfAbsent(
            tenant,
            absent -> CompletableFuture.supplyAsync(() -> create(absent), provisioning.thread()))
        .copy();
  }

  private TenantCredentials create(TenantId tenant) {
    AclPolicy wanted = policy.apply(tenancy.policyOf(tenant)).build();
    try (NewUser user = provisioning.admin().provisioner().create(wanted)) {
      user.report().requireComplete();
      return TenantCredentials.of(wanted.user(), user.password().reveal());
    }
  }

  /** Takes all users away again, whether or not they could be made. */
  void revokeAll() {
    Set.copyOf(users.keySet())
        .forEach(
            tenant -> {
              credentials(tenant).exceptionally(failed -> null).join();
              provisioning.admin().provisioner().revoke(tenancy.userOf(tenant)).requireComplete();
            });
  }
}
