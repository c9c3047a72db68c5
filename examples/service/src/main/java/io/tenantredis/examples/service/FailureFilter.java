package io.tenantredis.examples.service;

import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.core.annotation.Order;
import org.springframework.dao.DataAccessException;
import org.springframework.session.web.http.SessionRepositoryFilter;
import org.springframework.stereotype.Component;
import org.springframework.web.filter.OncePerRequestFilter;
import org.springframework.web.servlet.HandlerExceptionResolver;

/** For failures that no controller sees: sessions are saved around them, by a filter. */
@Component
@Order(SessionRepositoryFilter.DEFAULT_ORDER - 1)
class FailureFilter extends OncePerRequestFilter {

  private final HandlerExceptionResolver failures;

  FailureFilter(@Qualifier("handlerExceptionResolver") HandlerExceptionResolver failures) {
    this.failures = failures;
  }

  @Override
  protected void doFilterInternal(
      HttpServletRequest request, HttpServletResponse response, FilterChain chain)
      throws ServletException, IOException {
    try {
      chain.doFilter(request, response);
    } catch (DataAccessException failure) {
      if (response.isCommitted()) {
        throw failure;
      }
      response.reset();
      if (failures.resolveException(request, response, null, failure) == null) {
        throw failure;
      }
    }
  }
}
