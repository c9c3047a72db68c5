package io.tenantredis.spring;

import io.tenantredis.TenantId;
import io.tenantredis.context.NoCurrentTenantException;
import io.tenantredis.context.TenantContext;
import io.tenantredis.context.TenantThreadLocalAccessor;
import java.lang.reflect.Method;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.aopalliance.intercept.MethodInterceptor;
import org.aopalliance.intercept.MethodInvocation;
import org.jspecify.annotations.Nullable;
import org.springframework.aop.support.AopUtils;
import org.springframework.context.expression.MethodBasedEvaluationContext;
import org.springframework.core.DefaultParameterNameDiscoverer;
import org.springframework.core.annotation.AnnotatedElementUtils;
import org.springframework.expression.Expression;
import org.springframework.expression.spel.standard.SpelExpressionParser;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Hooks;
import reactor.core.publisher.Mono;
import reactor.util.context.Context;

/** What {@link TenantScoped} promises. */
final class TenantScopedInterceptor implements MethodInterceptor {

  private final SpelExpressionParser parser = new SpelExpressionParser();
  private final DefaultParameterNameDiscoverer names = new DefaultParameterNameDiscoverer();

  /** Bounded by the annotations of the application. */
  private final ConcurrentMap<String, Expression> expressions = new ConcurrentHashMap<>();

  @Override
  public @Nullable Object invoke(MethodInvocation call) throws Throwable {
    TenantId tenant = tenantOf(call);
    Object result;
    try (TenantContext.Scope scope = TenantContext.open(tenant)) {
      result = call.proceed();
    }
    if (result instanceof Mono<?> mono) {
      return mono.contextWrite(context -> following(context, tenant, call.getMethod()));
    }
    if (result instanceof Flux<?> flux) {
      return flux.contextWrite(context -> following(context, tenant, call.getMethod()));
    }
    return result;
  }

  /** Asked when it is subscribed to: at the start of an application the hooks come last. */
  private static Context following(Context context, TenantId tenant, Method method) {
    if (!Hooks.isAutomaticContextPropagationEnabled()) {
      throw new IllegalStateException(
          "What "
              + method.getName()
              + " returns would not work as the tenant of its @TenantScoped but as whoever is current: leave"
              + " tenant-redis.reactor.context-propagation on, or call Hooks.enableAutomaticContextPropagation().");
    }
    return context.put(TenantThreadLocalAccessor.KEY, tenant);
  }

  private TenantId tenantOf(MethodInvocation call) {
    Object target = Objects.requireNonNull(call.getThis());
    Method method = AopUtils.getMostSpecificMethod(call.getMethod(), target.getClass());
    String text = annotation(method, target.getClass()).value();
    if (text.isEmpty()) {
      return TenantContext.require();
    }
    Object tenant =
        expressions
            .computeIfAbsent(text, parser::parseExpression)
            .getValue(new MethodBasedEvaluationContext(target, method, call.getArguments(), names));
    if (tenant instanceof TenantId id) {
      return id;
    }
    if (tenant == null) {
      throw new NoCurrentTenantException(
          "@TenantScoped(\"" + text + "\") on " + method.getName() + " gave no tenant.");
    }
    return TenantId.of(tenant.toString());
  }

  private static TenantScoped annotation(Method method, Class<?> type) {
    TenantScoped own = AnnotatedElementUtils.findMergedAnnotation(method, TenantScoped.class);
    return own != null
        ? own
        : Objects.requireNonNull(
            AnnotatedElementUtils.findMergedAnnotation(type, TenantScoped.class));
  }
}
