package io.tenantredis.internal.pubsub;

import java.util.concurrent.Executor;

/**
 * The bounds of subscriptions; one for all tenants.
 *
 * @param maxSubscriptions how many channels and patterns all subscriptions of a tenant may have
 * @param maxQueuedMessages how many messages wait for one listener
 * @param maxQueuedBytes how many bytes of messages wait for one listener
 * @param maxMessageBytes how long a name or a message may be
 * @param silenceNanos after how long without a word from the server it is asked for one
 * @param replyNanos how long the server may take for a reply
 * @param firstConfirmationNanos how long a new subscription may take
 * @param database where the keys are whose events are told
 * @param executor calls the listeners
 */
public record PubSubSettings(
    int maxSubscriptions,
    int maxQueuedMessages,
    long maxQueuedBytes,
    int maxMessageBytes,
    long silenceNanos,
    long replyNanos,
    long firstConfirmationNanos,
    int database,
    Executor executor) {}
