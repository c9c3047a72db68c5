package io.tenantredis.spring.data;

import io.tenantredis.TenantRedisFailure;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;
import org.springframework.dao.DataAccessException;
import org.springframework.dao.DataRetrievalFailureException;
import org.springframework.dao.InvalidDataAccessApiUsageException;
import org.springframework.dao.NonTransientDataAccessResourceException;
import org.springframework.dao.PermissionDeniedDataAccessException;
import org.springframework.dao.QueryTimeoutException;
import org.springframework.dao.TransientDataAccessResourceException;
import org.springframework.data.redis.RedisConnectionFailureException;
import org.springframework.data.redis.RedisSystemException;

/**
 * The SDK's failures as Spring's: a table without a default, so that each new code is thought of.
 */
final class Translation {

  private Translation() {}

  /** The Spring exception for a failure, or null when it is none of the SDK's. */
  static @Nullable DataAccessException of(Throwable failure) {
    Throwable cause = unwrapped(failure);
    if (!(cause instanceof TenantRedisFailure typed) || cause.getMessage() == null) {
      return null;
    }
    String message = cause.getMessage();
    return switch (typed.code()) {
      case SEC003 -> new PermissionDeniedDataAccessException(message, cause);
      case SEC008 -> new InvalidDataAccessApiUsageException(message, cause);
      case SEC001, SEC002, SEC004, SEC005, SEC006, SEC007, SEC010 ->
          new RedisConnectionFailureException(message, cause);
      case TR004, TR005, TR009, TR011, TR016 -> new RedisConnectionFailureException(message, cause);
      case TR003 -> new QueryTimeoutException(message, cause);
      case TR002, TR006, TR007, TR008, TR010, TR012, TR013 ->
          new TransientDataAccessResourceException(message, cause);
      case SEC009, TR014 -> new NonTransientDataAccessResourceException(message, cause);
      case TR015 -> new DataRetrievalFailureException(message, cause);
      // As without the SDK: applications catch it to see whether a consumer group exists.
      case TR001 -> new RedisSystemException(message, cause);
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
