/** The SDK side by side with what one would use instead of it, through its public API alone. */
@NullMarked
package io.tenantredis.benchmarks;

import org.jspecify.annotations.NullMarked;
