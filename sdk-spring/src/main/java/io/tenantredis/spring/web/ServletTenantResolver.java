package io.tenantredis.spring.web;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpSession;
import java.security.Principal;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Says whose tenant a servlet request is for. Thread-safe.
 *
 * <p>What the client may choose freely, a header or the path, identifies a tenant but does not
 * authenticate it: use those behind a gateway that sets them, or check them against the user.
 */
@FunctionalInterface
public interface ServletTenantResolver {

  /**
   * The tenant that a request is for.
   *
   * @param request the request
   * @return the tenant's id as text, or null when the request names none, which ends it with {@code
   *     400}; never a default
   */
  @Nullable String resolve(HttpServletRequest request);

  /**
   * The value of a header. More than one value is none.
   *
   * @param name the header, for example {@code X-Tenant}
   * @return the resolver
   */
  static ServletTenantResolver header(String name) {
    return request -> {
      var values = request.getHeaders(name);
      if (values == null || !values.hasMoreElements()) {
        return null;
      }
      String value = values.nextElement();
      return values.hasMoreElements() ? null : value;
    };
  }

  /**
   * A part of the path.
   *
   * @param pattern a path pattern with {@code {tenant}}, for example <code>/t/{tenant}/**</code>
   * @return the resolver
   */
  static ServletTenantResolver path(String pattern) {
    TenantPattern path = TenantPattern.path(pattern);
    return request ->
        path.tenantIn(request.getRequestURI().substring(request.getContextPath().length()));
  }

  /**
   * A part of the host name.
   *
   * @param pattern a host with {@code {tenant}} as one label, for example <code>
   *     {tenant}.example.com</code>
   * @return the resolver
   */
  static ServletTenantResolver host(String pattern) {
    TenantPattern host = TenantPattern.host(pattern);
    return request -> host.tenantIn(request.getServerName());
  }

  /**
   * Something of the authenticated user, for example a claim of a JWT: {@code user ->
   * ((JwtAuthenticationToken) user).getToken().getClaimAsString("tenant")}.
   *
   * @param tenant the tenant's id of a user, or null
   * @return the resolver
   */
  static ServletTenantResolver principal(Function<Principal, @Nullable String> tenant) {
    return request -> {
      Principal user = request.getUserPrincipal();
      return user == null || AnonymousUser.is(user) ? null : tenant.apply(user);
    };
  }

  /**
   * An attribute of the session.
   *
   * @param attribute its name
   * @return the resolver; it starts no session
   */
  static ServletTenantResolver session(String attribute) {
    return request -> {
      HttpSession session = request.getSession(false);
      Object value = session == null ? null : session.getAttribute(attribute);
      return value == null ? null : value.toString();
    };
  }

  /**
   * Always the same tenant, for an installation that serves one.
   *
   * @param tenant its id
   * @return the resolver
   */
  static ServletTenantResolver fixed(String tenant) {
    return request -> tenant;
  }
}
