package io.tenantredis.spring.web;

import io.tenantredis.TenantId;
import io.tenantredis.context.TenantContext;
import jakarta.servlet.DispatcherType;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import org.springframework.web.filter.OncePerRequestFilter;
import org.springframework.web.server.ResponseStatusException;

/** Makes the tenant of a servlet request current while it is handled, asynchronous ones too. */
public final class TenantServletFilter extends OncePerRequestFilter {

  private static final String ADMITTED = TenantServletFilter.class.getName() + ".admitted";

  private final ServletTenantResolver resolver;
  private final TenantGate gate;

  /**
   * A filter.
   *
   * @param resolver says whose tenant a request is for
   * @param gate decides about it
   */
  public TenantServletFilter(ServletTenantResolver resolver, TenantGate gate) {
    this.resolver = resolver;
    this.gate = gate;
  }

  @Override
  protected boolean shouldNotFilter(HttpServletRequest request) {
    return gate.isExcluded(request.getRequestURI().substring(request.getContextPath().length()));
  }

  @Override
  protected boolean shouldNotFilterAsyncDispatch() {
    return false;
  }

  /** What shows an error may look at the session. */
  @Override
  protected boolean shouldNotFilterErrorDispatch() {
    return false;
  }

  @Override
  protected void doFilterInternal(
      HttpServletRequest request, HttpServletResponse response, FilterChain chain)
      throws ServletException, IOException {
    DispatcherType why = request.getDispatcherType();
    if (why == DispatcherType.ERROR
        || (why == DispatcherType.ASYNC && request.getAttribute(ADMITTED) != null)) {
      goOn(request, response, chain);
      return;
    }
    TenantId tenant;
    try {
      tenant = gate.admit(resolver.resolve(request));
      request.setAttribute(ADMITTED, tenant);
    } catch (ResponseStatusException turnedAway) {
      response.sendError(turnedAway.getStatusCode().value(), turnedAway.getReason());
      return;
    }
    try (TenantContext.Scope scope = TenantContext.open(tenant)) {
      chain.doFilter(request, response);
    }
  }

  /**
   * The tenant is not asked for again: the path of an error is another one, and what a request
   * began as one tenant's it does not end as another's, whatever became of the session meanwhile.
   */
  private static void goOn(
      HttpServletRequest request, HttpServletResponse response, FilterChain chain)
      throws ServletException, IOException {
    if (request.getAttribute(ADMITTED) instanceof TenantId tenant) {
      try (TenantContext.Scope scope = TenantContext.open(tenant)) {
        chain.doFilter(request, response);
      }
    } else {
      chain.doFilter(request, response);
    }
  }
}
