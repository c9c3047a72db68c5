/** The main job of Tenant Redis on one screen: two tenants, one Redis, a wall between them. */
@NullMarked
package io.tenantredis.examples.quickstart;

import org.jspecify.annotations.NullMarked;
