/**
 * A Kinesis data stream: what has outgrown a disk, or feeds others too. At least once: an answer lost on the way makes
 * a copy, which the engine drops by its event_id. Order is kept per partition key. It forgets by age, not by `trim`.
 */
export { checkKinesis, type Finding } from './check-kinesis.ts';
export { followShards, type FollowOptions } from './follow-shards.ts';
export { type KinesisOptions, type KinesisStream, openKinesis, type ShardLineage } from './open-kinesis.ts';
