package io.tenantredis.benchmarks;

import java.util.Map;

/**
 * What one measure came to.
 *
 * @param subject the contestant that the others are compared with
 * @param figures by contestant, the subject first
 * @param ratios the subject's figure divided by that of the same round, by the contestant that it
 *     is divided by
 */
record Result(
    Measure measure, String subject, Map<String, Sample> figures, Map<String, Sample> ratios) {}
