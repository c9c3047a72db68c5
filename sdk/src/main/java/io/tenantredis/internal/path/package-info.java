/** The stages that a guarded command passes between the application and a connection. */
@NullMarked
package io.tenantredis.internal.path;

import org.jspecify.annotations.NullMarked;
