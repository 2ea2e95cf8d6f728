/** For tests of what runs on Kinesis: one on this machine, and a proxy that makes the faults of the real one. */
export { type FaultProxy, type Faults, startFaultProxy } from './fault-proxy.ts';
export { seededRandom } from './seeded-random.ts';
export { type LocalKinesis, localAccess, startKinesis } from './start-kinesis.ts';
