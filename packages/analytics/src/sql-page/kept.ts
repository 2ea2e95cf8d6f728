/** What the page keeps in this browser. A browser that refuses storage keeps it as long as the page lasts. */
export interface SqlTab {
  id: string;
  /** Given by hand or by a saved query; else the tab is named after its text. */
  name: string | null;
  sql: string;
}

export interface SavedQuery {
  name: string;
  sql: string;
  /** Milliseconds since 1970 UTC. */
  savedAt: number;
}

/** One run, as the history lists it. */
export interface PastRun {
  sql: string;
  ranAt: number;
  elapsedMs: number;
  /** Null where the statement failed, was stopped, or gives no rows. */
  rows: number | null;
  bytes: number;
  /** What it said, where it failed. */
  fault: string | null;
}

export interface Settings {
  /** Byte limit of a statement; 0 for none. */
  maxBytes: number;
  side: 'lake' | 'examples' | 'saved' | 'history';
  /** Part of the height that the editor takes, 0 to 1. */
  split: number;
}

export const defaultSettings: Settings = { maxBytes: 100_000_000, side: 'lake', split: 0.34 };
/** Runs kept in the history. */
const mostRuns = 200;

const prefix = 'taphouse-sql-';

/** Reads what was kept under a name; `check` says whether it is still what one expects. */
function read<T>(name: string, check: (value: unknown) => value is T): T | null {
  try {
    const value: unknown = JSON.parse(localStorage.getItem(prefix + name) ?? 'null');
    return check(value) ? value : null;
  } catch {
    return null;
  }
}

function write(name: string, value: unknown): void {
  try {
    localStorage.setItem(prefix + name, JSON.stringify(value));
  } catch {
    // Refused or full: the page goes on with what it has in memory.
  }
}

const isText = (value: unknown): value is string => typeof value === 'string';
const isNumber = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value);
const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;
const isTab = (value: unknown): value is SqlTab =>
  isRecord(value) && isText(value.id) && isText(value.sql) && (value.name === null || isText(value.name));
const isSaved = (value: unknown): value is SavedQuery =>
  isRecord(value) && isText(value.name) && isText(value.sql) && isNumber(value.savedAt);
const isRun = (value: unknown): value is PastRun =>
  isRecord(value) &&
  isText(value.sql) &&
  isNumber(value.ranAt) &&
  isNumber(value.elapsedMs) &&
  isNumber(value.bytes) &&
  (value.rows === null || isNumber(value.rows)) &&
  (value.fault === null || isText(value.fault));
const isListOf =
  <T>(check: (value: unknown) => value is T) =>
  (value: unknown): value is T[] =>
    Array.isArray(value) && value.every(check);
const isTabs = (value: unknown): value is { tabs: SqlTab[]; active: string } =>
  isRecord(value) && isListOf(isTab)(value.tabs) && isText(value.active);
const isSettings = (value: unknown): value is Partial<Settings> => isRecord(value);

export function keptTabs(): { tabs: SqlTab[]; active: string } | null {
  const kept = read('tabs', isTabs);
  return kept && kept.tabs.length > 0 ? kept : null;
}

export function keepTabs(tabs: readonly SqlTab[], active: string): void {
  write('tabs', { tabs, active });
}

export function keptSaved(): SavedQuery[] {
  return read('saved', isListOf(isSaved)) ?? [];
}

export function keepSaved(saved: readonly SavedQuery[]): void {
  write('saved', saved);
}

export function keptRuns(): PastRun[] {
  return read('history', isListOf(isRun)) ?? [];
}

/** Adds a run to the front of the history and keeps it. */
export function keepRun(runs: readonly PastRun[], run: PastRun): PastRun[] {
  const kept = [run, ...runs].slice(0, mostRuns);
  write('history', kept);
  return kept;
}

export function forgetRuns(): void {
  write('history', []);
}

export function keptSettings(): Settings {
  const kept: Partial<Settings> = read('settings', isSettings) ?? {};
  const { maxBytes, side, split } = defaultSettings;
  return {
    maxBytes: isNumber(kept.maxBytes) && kept.maxBytes >= 0 ? kept.maxBytes : maxBytes,
    side: kept.side && ['lake', 'examples', 'saved', 'history'].includes(kept.side) ? kept.side : side,
    split: isNumber(kept.split) ? Math.min(0.85, Math.max(0.15, kept.split)) : split,
  };
}

export function keepSettings(settings: Settings): void {
  write('settings', settings);
}

/** Saved queries as a file to hand to somebody else. */
export function exportSaved(saved: readonly SavedQuery[]): string {
  return `${JSON.stringify({ format: 'taphouse-queries', version: 1, queries: saved }, null, 2)}\n`;
}

/**
 * Adds the queries of an exported file; of two with one name the file's stays.
 *
 * @throws RangeError if the text is not such a file
 */
export function importSaved(saved: readonly SavedQuery[], text: string): SavedQuery[] {
  let file: unknown;
  try {
    file = JSON.parse(text);
  } catch (cause) {
    throw new RangeError('import: not JSON; choose a file that this page exported', { cause });
  }
  if (!isRecord(file) || file.format !== 'taphouse-queries' || !isListOf(isSaved)(file.queries)) {
    throw new RangeError('import: no saved queries in it; choose a file that this page exported');
  }
  const names = new Set(file.queries.map(({ name }) => name));
  return [...saved.filter(({ name }) => !names.has(name)), ...file.queries];
}
