/**
 * The collector: takes a batch of clicks over HTTP and answers when it is durable. A Hono app that knows no platform;
 * `./node` serves it. It writes to the stream it is handed and reads nothing back: sessions are not its business.
 */
export { type CollectorOptions, createCollector } from './collector.ts';
export { type DeadLetter, type DeadLetters } from './dead-letter.ts';
export { type Identity, signedIdentity } from './identity.ts';
export { type LiveFeed } from './live-feed.ts';
export { type LogLine } from './log-line.ts';
export { type RateLimitOptions } from './rate-limit.ts';
export { type WriteKey } from './write-keys.ts';
