package io.tenantredis.spring.web;

import java.security.Principal;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.springframework.web.server.ServerWebExchange;
import reactor.core.publisher.Mono;

/**
 * Says whose tenant a WebFlux request is for. Thread-safe; does not block.
 *
 * <p>What the client may choose freely, a header or the path, identifies a tenant but does not
 * authenticate it: use those behind a gateway that sets them, or check them against the user.
 */
@FunctionalInterface
public interface ServerTenantResolver {

  /**
   * The tenant that a request is for.
   *
   * @param exchange the request
   * @return the tenant's id as text, or nothing when the request names none, which ends it with
   *     {@code 400}; never a default
   */
  Mono<String> resolve(ServerWebExchange exchange);

  /**
   * The value of a header. More than one value is none.
   *
   * @param name the header, for example {@code X-Tenant}
   * @return the resolver
   */
  static ServerTenantResolver header(String name) {
    return exchange -> {
      List<String> values = exchange.getRequest().getHeaders().getOrEmpty(name);
      return values.size() == 1 ? Mono.justOrEmpty(values.get(0)) : Mono.empty();
    };
  }

  /**
   * A part of the path.
   *
   * @param pattern a path pattern with {@code {tenant}}, for example <code>/t/{tenant}/**</code>
   * @return the resolver
   */
  static ServerTenantResolver path(String pattern) {
    TenantPattern path = TenantPattern.path(pattern);
    return exchange ->
        Mono.justOrEmpty(
            path.tenantIn(exchange.getRequest().getPath().pathWithinApplication().value()));
  }

  /**
   * A part of the host name.
   *
   * @param pattern a host with {@code {tenant}} as one label, for example <code>
   *     {tenant}.example.com</code>
   * @return the resolver
   */
  static ServerTenantResolver host(String pattern) {
    TenantPattern host = TenantPattern.host(pattern);
    return exchange -> {
      String name = exchange.getRequest().getURI().getHost();
      return Mono.justOrEmpty(name == null ? null : host.tenantIn(name));
    };
  }

  /**
   * Something of the authenticated user, for example a claim of a JWT. Spring Security's anonymous
   * user is none.
   *
   * @param tenant the tenant's id of a user, or null
   * @return the resolver
   */
  static ServerTenantResolver principal(Function<Principal, @Nullable String> tenant) {
    return exchange ->
        exchange
            .getPrincipal()
            .filter(user -> !AnonymousUser.is(user))
            .mapNotNull(user -> tenant.apply(user));
  }

  /**
   * An attribute of the session.
   *
   * @param attribute its name
   * @return the resolver
   */
  static ServerTenantResolver session(String attribute) {
    return exchange ->
        exchange
            .getSession()
            .mapNotNull(session -> session.<Object>getAttribute(attribute))
            .map(Object::toString);
  }

  /**
   * Always the same tenant, for an installation that serves one.
   *
   * @param tenant its id
   * @return the resolver
   */
  static ServerTenantResolver fixed(String tenant) {
    return exchange -> Mono.just(tenant);
  }
}
