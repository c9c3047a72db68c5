/**
 * What a server's error reply or a broken connection means: the one table, and the exceptions made
 * from it.
 */
@NullMarked
package io.tenantredis.internal.error;

import org.jspecify.annotations.NullMarked;
