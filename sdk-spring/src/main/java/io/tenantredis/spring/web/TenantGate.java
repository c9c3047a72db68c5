package io.tenantredis.spring.web;

import io.tenantredis.InvalidTenantIdException;
import io.tenantredis.TenantId;
import io.tenantredis.spring.KnownTenants;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatusCode;
import org.springframework.http.server.PathContainer;
import org.springframework.web.server.ResponseStatusException;
import org.springframework.web.util.pattern.PathPattern;
import org.springframework.web.util.pattern.PathPatternParser;

/**
 * Decides about a request by the tenant it names: what the servlet filter and the WebFlux filter
 * have in common. Immutable and thread-safe.
 */
public final class TenantGate {

  private static final int BAD_REQUEST = 400;

  private final List<PathPattern> excluded;
  private final @Nullable KnownTenants known;
  private final int unknownStatus;

  /**
   * A gate.
   *
   * @param excludedPaths path patterns of requests that are for no tenant
   * @param known the application's tenants, or null to let all through
   * @param unknownStatus the HTTP status for a tenant that is not known, 400 to 499
   */
  public TenantGate(List<String> excludedPaths, @Nullable KnownTenants known, int unknownStatus) {
    this.excluded = excludedPaths.stream().map(PathPatternParser.defaultInstance::parse).toList();
    this.known = known;
    this.unknownStatus = unknownStatus;
  }

  /** Whether a request is for no tenant. */
  boolean isExcluded(String path) {
    PathContainer container = PathContainer.parsePath(path);
    return excluded.stream().anyMatch(pattern -> pattern.matches(container));
  }

  /**
   * The tenant of a request.
   *
   * @throws ResponseStatusException with the status that the client gets; it does not repeat what
   *     the client sent
   */
  TenantId admit(@Nullable String id) {
    if (id == null || id.isEmpty()) {
      throw new ResponseStatusException(
          HttpStatusCode.valueOf(BAD_REQUEST), "The request does not say which tenant it is for.");
    }
    TenantId tenant;
    try {
      tenant = TenantId.of(id);
    } catch (InvalidTenantIdException invalid) {
      throw new ResponseStatusException(
          HttpStatusCode.valueOf(BAD_REQUEST), "The request names no valid tenant.", invalid);
    }
    if (known != null && !known.isKnown(tenant)) {
      throw new ResponseStatusException(
          HttpStatusCode.valueOf(unknownStatus), "The request names an unknown tenant.");
    }
    return tenant;
  }
}
