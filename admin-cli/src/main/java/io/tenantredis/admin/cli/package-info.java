/**
 * The command-line tool {@code tenant-redis}: a thin layer over {@code io.tenantredis.admin} that
 * reads options, prints for people or as JSON, and ends with an exit code for pipelines.
 */
@NullMarked
package io.tenantredis.admin.cli;

import org.jspecify.annotations.NullMarked;
