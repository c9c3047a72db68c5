/**
 * What surrounds the client: the ACL of a tenant's user, provisioning, proofs, audits, revocation
 * and a tenant's data as a whole.
 *
 * <p>Everything here runs with an administrator's credentials of its own, never with a tenant's,
 * and blocks the calling thread: it belongs into deployment tools, pipelines and operators' hands,
 * not on an event loop or a request's path.
 */
@NullMarked
package io.tenantredis.admin;

import org.jspecify.annotations.NullMarked;
