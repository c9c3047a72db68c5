package io.tenantredis.examples.service;

/**
 * Something the tenant sells.
 *
 * @param sku its name
 * @param cents its price
 * @param reading the how manieth reading of the catalog this is: the same again comes from the
 *     cache
 */
record Product(String sku, int cents, long reading) {}
