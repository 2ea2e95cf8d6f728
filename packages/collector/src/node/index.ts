/**
 * The collector on Node: an HTTP server with limits on slow clients and a stop that loses nothing, and dead letters
 * as files. Any Hono app may be served, such as one that mounts the collector beside pages.
 */
export { listen, type ListenOptions, type Listening } from './listen.ts';
export { openDeadLetters } from './open-dead-letters.ts';
