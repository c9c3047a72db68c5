/** A shop for many tenants: it knows who they are and nothing of how Redis keeps them apart. */
@NullMarked
package io.tenantredis.examples.service;

import org.jspecify.annotations.NullMarked;
