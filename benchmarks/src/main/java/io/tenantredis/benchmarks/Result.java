package io.tenantredis.benchmarks;

import java.util.Map;

/**
 * What a scenario came to.
 *
 * @param rates operations in a second, by peer
 * @param ratios the SDK's rate divided by that of the same round, by the peer that it is divided by
 */
record Result(Scenario scenario, Map<String, Sample> rates, Map<String, Sample> ratios) {}
