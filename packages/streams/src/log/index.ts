/**
 * The log on one disk: what `append` has taken survives kill -9 and a power cut. One process at a time, one shard;
 * what must outgrow a disk is `@taphouse/streams/kinesis`.
 */
export { type Log, type LogOptions, type LogStats, openLog } from './open-log.ts';
