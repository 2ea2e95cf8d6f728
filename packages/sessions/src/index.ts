/**
 * Sessions: what a session is, the engine that finds them in a stream of clicks, and the pump that drives it.
 * The engine is a function of the log: it does no I/O and reads no clock. It knows no lake and no collector;
 * the pump is handed its stream, state and sink.
 */
export { type EventHead } from './line-layout.ts';
export { type Window } from './window.ts';
export { type StaggerWindow, parseWindow, staggerWindow, windowPresets } from './stagger-window.ts';
export {
  type Sessionizer,
  type SessionizerOptions,
  type SessionizerStats,
  createSessionizer,
  restoreSessionizer,
} from './engine/sessionizer.ts';
export { type ColdSeen, type SeenRun, type SeenStore } from './engine/seen-events.ts';
export { type LagSessions, type LagWindow, createLagSessions } from './lag/lag-sessions.ts';
export { type Alert, type AlertRule, alertsOf, parseAlerts } from './alerts.ts';
export { type PumpOptions, type PumpSlice, pump } from './pump.ts';
export {
  type Checkpoint,
  type CheckpointChange,
  type Commit,
  type PumpState,
  type Sink,
  type StatePart,
} from './pump-ports.ts';
