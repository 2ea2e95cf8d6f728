/**
 * The whole tap in one process. This package only wires and configures: each step's logic is in the step's package.
 */
export { type Config, type Flags, readConfig, UsageError } from './config.ts';
export { type Report, start, type Taphouse } from './start.ts';
