package io.tenantredis.examples.service;

/**
 * What the tenant's live events tell.
 *
 * @param customer whose cart it is
 * @param sku the product
 * @param quantity how many of it there are now
 */
record CartChanged(String customer, String sku, int quantity) {}
