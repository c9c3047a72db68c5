package io.tenantredis.examples.service;

import java.util.SortedMap;

/**
 * What a customer is about to buy.
 *
 * @param customer whose cart it is
 * @param items how many of which product
 */
record Cart(String customer, SortedMap<String, Integer> items) {}
