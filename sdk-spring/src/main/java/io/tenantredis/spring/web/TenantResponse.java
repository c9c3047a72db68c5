package io.tenantredis.spring.web;

import io.tenantredis.TenantId;
import io.tenantredis.context.TenantThreadLocalAccessor;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.springframework.http.server.reactive.ServerHttpResponse;
import org.springframework.http.server.reactive.ServerHttpResponseDecorator;
import reactor.core.publisher.Mono;

/** A response whose actions before it is committed run as the tenant who was admitted, if any. */
final class TenantResponse extends ServerHttpResponseDecorator {

  private volatile @Nullable TenantId tenant;

  TenantResponse(ServerHttpResponse response) {
    super(response);
  }

  /** Remembers whose request it is, where the response is one of these. */
  static void admitted(ServerHttpResponse response, TenantId tenant) {
    ServerHttpResponse current = response;
    while (current instanceof ServerHttpResponseDecorator decorator) {
      if (decorator instanceof TenantResponse remembering) {
        remembering.tenant = tenant;
        return;
      }
      current = decorator.getDelegate();
    }
  }

  @Override
  public void beforeCommit(Supplier<? extends Mono<Void>> action) {
    super.beforeCommit(
        () ->
            Mono.<Void>defer(action)
                .contextWrite(
                    context -> {
                      TenantId admitted = tenant;
                      return admitted == null
                          ? context
                          : context.put(TenantThreadLocalAccessor.KEY, admitted);
                    }));
  }
}
