package io.tenantredis.admin;

/**
 * A command that an {@link AclPolicy} does not grant because it reaches beyond one tenant.
 *
 * @param command the command in upper case, with its subcommand
 * @param reason what it would show or change, and what to use instead where there is something
 */
public record WithheldCommand(String command, String reason) {}
