package io.tenantredis.admin;

import java.util.List;

/**
 * What a server's ACL log was at one moment.
 *
 * @param runId of the server's process
 * @param entries the latest first
 * @param denialsBefore how many denials the server had counted before the log was read
 * @param denialsAfter and after that
 * @param countsScripts whether it counts what scripts were denied
 * @param gapSeconds at least so long the previous one is ago; 0 for the first
 */
record AclLogSnapshot(
    String runId,
    List<AclLogEntry> entries,
    long denialsBefore,
    long denialsAfter,
    boolean countsScripts,
    double gapSeconds) {}
