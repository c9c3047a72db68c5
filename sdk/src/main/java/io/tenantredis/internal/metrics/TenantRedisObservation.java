package io.tenantredis.internal.metrics;

import io.micrometer.common.docs.KeyName;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationConvention;
import io.micrometer.observation.docs.ObservationDocumentation;

/** Every observation of the SDK: METRICS.md is checked against this. */
enum TenantRedisObservation implements ObservationDocumentation {
  COMMAND;

  @Override
  public Class<? extends ObservationConvention<? extends Observation.Context>>
      getDefaultConvention() {
    return CommandConvention.class;
  }

  @Override
  public KeyName[] getLowCardinalityKeyNames() {
    return new KeyName[] {
      MeterTag.SYSTEM, MeterTag.OPERATION, MeterTag.ERROR, MeterTag.STATUS, MeterTag.OUTCOME
    };
  }

  @Override
  public KeyName[] getHighCardinalityKeyNames() {
    return new KeyName[] {MeterTag.TENANT};
  }
}
