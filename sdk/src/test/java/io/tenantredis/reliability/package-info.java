/** Faults under load, and what becomes of them. */
@NullMarked
package io.tenantredis.reliability;

import org.jspecify.annotations.NullMarked;
