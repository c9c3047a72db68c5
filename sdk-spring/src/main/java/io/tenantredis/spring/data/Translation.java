package io.tenantredis.spring.data;

import io.tenantredis.CommandRefusedException;
import io.tenantredis.TenantCommandException;
import io.tenantredis.TenantPermissionDeniedException;
import io.tenantredis.TenantRedisFailure;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;
import org.springframework.dao.DataAccessException;
import org.springframework.dao.InvalidDataAccessApiUsageException;
import org.springframework.dao.PermissionDeniedDataAccessException;
import org.springframework.dao.QueryTimeoutException;
import org.springframework.dao.TransientDataAccessResourceException;
import org.springframework.data.redis.RedisConnectionFailureException;
import org.springframework.data.redis.RedisSystemException;

/** The SDK's failures as Spring's. */
final class Translation {

  private Translation() {}

  /** The Spring exception for a failure, or null when it is none of the SDK's. */
  static @Nullable DataAccessException of(Throwable failure) {
    Throwable cause = unwrapped(failure);
    if (!(cause instanceof TenantRedisFailure typed) || cause.getMessage() == null) {
      return null;
    }
    String message = cause.getMessage();
    if (cause instanceof TenantPermissionDeniedException) {
      return new PermissionDeniedDataAccessException(message, cause);
    }
    if (cause instanceof CommandRefusedException) {
      return new InvalidDataAccessApiUsageException(message, cause);
    }
    return switch (typed.code()) {
      case SEC003 -> new PermissionDeniedDataAccessException(message, cause);
      case TR003 -> new QueryTimeoutException(message, cause);
      case TR002, TR006, TR007, TR008, TR010 ->
          new TransientDataAccessResourceException(message, cause);
      case TR004,
          TR005,
          TR009,
          TR011,
          TR016,
          SEC001,
          SEC002,
          SEC004,
          SEC005,
          SEC006,
          SEC007,
          SEC010 ->
          new RedisConnectionFailureException(message, cause);
      default ->
          cause instanceof TenantCommandException
              ? new InvalidDataAccessApiUsageException(message, cause)
              : new RedisSystemException(message, cause);
    };
  }

  /** Spring Data and futures wrap the failure: the SDK's own says more. */
  private static Throwable unwrapped(Throwable failure) {
    Throwable cause = failure;
    while (cause.getCause() != null
        && !(cause instanceof TenantRedisFailure)
        && (cause instanceof DataAccessException
            || cause instanceof CompletionException
            || cause instanceof ExecutionException)) {
      cause = cause.getCause();
    }
    return cause;
  }
}
