/**
 * Tags what visitors do, keeps it on the device until the collector has stored it, and asks nobody else.
 * Refuses to slow a page down: it throws nothing into it, prevents no click, and holds up no navigation.
 */
export type { Client, EventMap, Properties } from './client.ts';
export { init } from './init.ts';
export type { Options } from './options.ts';
export type { WireEvent } from './wire-event.ts';
