package io.tenantredis.internal.metrics;

import io.micrometer.common.KeyValues;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationConvention;
import io.tenantredis.ObservedFailure;
import io.tenantredis.TenantCommandContext;

/** What an observation of a command says, unless the application has a convention of its own. */
final class CommandConvention implements ObservationConvention<TenantCommandContext> {

  /**
   * Not that of the timer {@code db.client.operation.duration}: where observations become meters,
   * too, they would be of the same name with other tags, which Prometheus refuses.
   */
  static final String NAME = "tenant.redis.command";

  static final CommandConvention INSTANCE = new CommandConvention();

  private static final String SUCCESS = "success";

  @Override
  public boolean supportsContext(Observation.Context context) {
    return context instanceof TenantCommandContext;
  }

  @Override
  public String getName() {
    return NAME;
  }

  @Override
  public String getContextualName(TenantCommandContext context) {
    return context.command();
  }

  @Override
  public KeyValues getLowCardinalityKeyValues(TenantCommandContext context) {
    boolean failed = context.getError() != null;
    ObservedFailure failure =
        context.getError() instanceof ObservedFailure observed ? observed : null;
    String unknown = failed ? MeterTag.OTHER : MeterTag.NONE;
    return KeyValues.of(
        MeterTag.SYSTEM.withValue(MeterTag.REDIS),
        MeterTag.OPERATION.withValue(context.command()),
        MeterTag.ERROR.withValue(failure == null ? unknown : failure.errorType()),
        MeterTag.STATUS.withValue(failure == null ? unknown : failure.statusCode()),
        MeterTag.OUTCOME.withValue(
            failure != null ? failure.outcome() : failed ? MeterTag.OTHER : SUCCESS));
  }

  @Override
  public KeyValues getHighCardinalityKeyValues(TenantCommandContext context) {
    return KeyValues.of(MeterTag.TENANT.withValue(context.tenant().value()));
  }
}
