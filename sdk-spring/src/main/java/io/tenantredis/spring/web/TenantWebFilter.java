package io.tenantredis.spring.web;

import io.tenantredis.context.TenantThreadLocalAccessor;
import org.springframework.core.Ordered;
import org.springframework.http.server.reactive.HttpHandlerDecoratorFactory;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.WebFilter;
import org.springframework.web.server.WebFilterChain;
import reactor.core.publisher.Mono;

/** Puts the tenant of a WebFlux request into the Reactor context of its handling. */
public final class TenantWebFilter implements WebFilter, Ordered {

  private final ServerTenantResolver resolver;
  private final TenantGate gate;
  private final int order;

  /**
   * A filter.
   *
   * @param resolver says whose tenant a request is for
   * @param gate decides about it
   * @param order where the filter stands
   */
  public TenantWebFilter(ServerTenantResolver resolver, TenantGate gate, int order) {
    this.resolver = resolver;
    this.gate = gate;
    this.order = order;
  }

  /**
   * What lets the tenant be current, too, while a response is committed: sessions are saved then,
   * outside of all filters where a handler wrote nothing or failed.
   *
   * @return to be applied to the application's handler
   */
  public static HttpHandlerDecoratorFactory whileCommitting() {
    return handler -> (request, response) -> handler.handle(request, new TenantResponse(response));
  }

  @Override
  public int getOrder() {
    return order;
  }

  @Override
  public Mono<Void> filter(ServerWebExchange exchange, WebFilterChain chain) {
    if (gate.isExcluded(exchange.getRequest().getPath().pathWithinApplication().value())) {
      return chain.filter(exchange);
    }
    return resolver
        .resolve(exchange)
        .defaultIfEmpty("")
        .map(gate::admit)
        .flatMap(
            tenant -> {
              TenantResponse.admitted(exchange.getResponse(), tenant);
              return chain
                  .filter(exchange)
                  .contextWrite(context -> context.put(TenantThreadLocalAccessor.KEY, tenant));
            });
  }
}
