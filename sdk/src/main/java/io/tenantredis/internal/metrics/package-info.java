/** Names and tags of all meters, declared once. */
@NullMarked
package io.tenantredis.internal.metrics;

import org.jspecify.annotations.NullMarked;
