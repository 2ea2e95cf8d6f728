import { readFileSync } from 'node:fs';
import type { ClickEvent } from '@taphouse/schema';
import { click } from '@taphouse/schema/testing';
import type { StaggerWindow } from '../stagger-window.ts';

/** A stream of clicks and the sessions that every engine must find in it. */
export interface GoldenPair extends StaggerWindow {
  name: string;
  clicks: { arrivedAt: number; event: ClickEvent }[];
  /** Columns of `sessions`, ordered by user_id, device_id, timeagg; times in milliseconds since 1970 UTC. */
  sessions: Record<string, unknown>[];
  /** Lag sessions by gap in seconds, if the pair has any. */
  within: { gapMs: number; sessions: Record<string, unknown>[] }[];
}

interface IndexEntry extends StaggerWindow {
  name: string;
  gapsMs?: number[];
}

const folder = new URL('../../golden/', import.meta.url);
const timeColumns = new Set(['timeagg', 'beginsession', 'endsession', 'window_open']);

export function loadGoldenPairs(): GoldenPair[] {
  const index = JSON.parse(readFileSync(new URL('index.json', folder), 'utf8')) as IndexEntry[];
  return index.map(({ name, stepMs, rangeMs, gapsMs = [] }) => ({
    name,
    stepMs,
    rangeMs,
    clicks: lines(`${name}.clicks.jsonl`).map(toClick),
    sessions: lines(`${name}.sessions.jsonl`).map(toSession),
    within: gapsMs.map((gapMs) => ({ gapMs, sessions: lines(`${name}.within-${gapMs / 1000}s.jsonl`).map(toSession) })),
  }));
}

function lines(file: string): Record<string, unknown>[] {
  const text = readFileSync(new URL(file, folder), 'utf8');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

/** Arrival in the log is taken as arrival at the collector: in a pair they are one. */
function toClick({ arrived_at, ...fields }: Record<string, unknown>): { arrivedAt: number; event: ClickEvent } {
  const arrivedAt = Date.parse(arrived_at as string);
  const client_timestamp = Date.parse(fields.client_timestamp as string);
  return { arrivedAt, event: click({ ...fields, client_timestamp, received_at: arrivedAt }) };
}

function toSession(row: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => [name, timeColumns.has(name) ? Date.parse(value as string) : value]),
  );
}
