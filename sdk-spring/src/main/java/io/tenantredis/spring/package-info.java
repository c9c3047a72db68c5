/**
 * The current tenant in a Spring application: scopes by annotation and its way to other threads.
 *
 * <p>Unless a type or parameter is marked {@link org.jspecify.annotations.Nullable}, {@code null}
 * is neither accepted nor returned.
 */
@NullMarked
package io.tenantredis.spring;

import org.jspecify.annotations.NullMarked;
