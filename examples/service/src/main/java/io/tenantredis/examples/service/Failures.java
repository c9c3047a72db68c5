package io.tenantredis.examples.service;

import io.lettuce.core.RedisException;
import io.tenantredis.ErrorCode;
import io.tenantredis.TenantRedisFailure;
import org.jspecify.annotations.Nullable;
import org.springframework.dao.DataAccessException;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.ProblemDetail;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.RestControllerAdvice;

/** What the failures of Redis are in HTTP. The code says more, and nothing of the other tenants. */
@RestControllerAdvice
class Failures {

  @ExceptionHandler({DataAccessException.class, RedisException.class})
  ResponseEntity<ProblemDetail> failed(RuntimeException failure) {
    ErrorCode code = codeOf(failure);
    if (code == null) {
      throw failure;
    }
    HttpStatus status = statusOf(code);
    ProblemDetail problem = ProblemDetail.forStatus(status);
    problem.setDetail(code.label());
    problem.setProperty("code", code.name());
    ResponseEntity.BodyBuilder response = ResponseEntity.status(status);
    if (status == HttpStatus.TOO_MANY_REQUESTS || status == HttpStatus.SERVICE_UNAVAILABLE) {
      response.header(HttpHeaders.RETRY_AFTER, "1");
    }
    return response.body(problem);
  }

  private static HttpStatus statusOf(ErrorCode code) {
    return switch (code) {
      case TR008 -> HttpStatus.TOO_MANY_REQUESTS;
      case SEC003 -> HttpStatus.FORBIDDEN;
      case SEC010 -> HttpStatus.NOT_FOUND;
      case TR003 -> HttpStatus.GATEWAY_TIMEOUT;
      case SEC008, SEC009, TR001, TR015 -> HttpStatus.INTERNAL_SERVER_ERROR;
      default -> HttpStatus.SERVICE_UNAVAILABLE;
    };
  }

  private static @Nullable ErrorCode codeOf(@Nullable Throwable failure) {
    if (failure == null) {
      return null;
    }
    return failure instanceof TenantRedisFailure typed ? typed.code() : codeOf(failure.getCause());
  }
}
