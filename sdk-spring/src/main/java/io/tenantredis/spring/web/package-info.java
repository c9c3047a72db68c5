/**
 * Whose tenant a web request is for, in servlet and WebFlux applications.
 *
 * <p>Unless a type or parameter is marked {@link org.jspecify.annotations.Nullable}, {@code null}
 * is neither accepted nor returned.
 */
@NullMarked
package io.tenantredis.spring.web;

import org.jspecify.annotations.NullMarked;
