package io.tenantredis;

/**
 * How far a {@link KeyWalk} has come, after each batch. Immutable.
 *
 * @param cursor where the next batch begins; {@link KeyWalk.Builder#resumeFrom(String)} takes it
 * @param finished whether that was the last batch
 * @param batches how many batches were done by this walk
 * @param keys how many keys of the tenant they held
 * @param result what the walk adds up so far: keys counted, keys deleted, or bytes
 */
public record KeyWalkProgress(
    String cursor, boolean finished, long batches, long keys, long result) {}
