/** What became of one batch. */
export type Outcome =
  /** Stored durably, all but the refused ones. */
  | { kind: 'stored'; refused: number; reason: string }
  /** Not stored, and sending it again would not help. */
  | { kind: 'refused'; reason: string }
  /** Not known to be stored: send it again, not before `waitMs` if the server named a time. */
  | { kind: 'retry'; reason: string; waitMs: number | null }
  /** No batch will ever be taken here. */
  | { kind: 'stop'; reason: string };

/**
 * Sends one batch through the protocol (docs/protocol.md) and reads the answer as a client must: only 204 and
 * a well-formed 200 are success, for anything may answer 200 in a collector's place. Never rejects.
 *
 * @param body      JSON of a batch
 * @param timeoutMs gives up waiting after this long; the batch may be stored all the same, and its ids sort that out
 */
export async function postBatch(endpoint: string, body: string, timeoutMs: number): Promise<Outcome> {
  const url = `${endpoint.replace(/\/$/, '')}/v1/events`;
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'text/plain' },
      body,
      signal: AbortSignal.timeout(timeoutMs),
    });
    return await read(response, url);
  } catch (cause) {
    return { kind: 'retry', reason: `${url}: ${faultOf(cause)}`, waitMs: null };
  }
}

const never = [401, 403, 404, 410];
const refusals = [400, 413, 415, 422];

async function read(response: Response, url: string): Promise<Outcome> {
  const { status } = response;
  const text = await response.text();
  const reason = `${url}: answered ${status} ${text.slice(0, 200)}`.trimEnd();
  if (status === 204) return { kind: 'stored', refused: 0, reason: '' };
  if (status === 200) return readReport(text, reason);
  if (refusals.includes(status)) return { kind: 'refused', reason };
  if (never.includes(status)) return { kind: 'stop', reason };
  return { kind: 'retry', reason, waitMs: retryAfterMs(response.headers.get('retry-after')) };
}

/** `{ accepted, rejected: [{ index, reason }] }`, or something that is no collector's answer. */
function readReport(text: string, reason: string): Outcome {
  const report = parseObject(text);
  if (!Array.isArray(report?.rejected)) return { kind: 'retry', reason, waitMs: null };
  const [first] = report.rejected as { reason?: string }[];
  return { kind: 'stored', refused: report.rejected.length, reason: first?.reason ?? '' };
}

function parseObject(text: string): Record<string, unknown> | null {
  try {
    return JSON.parse(text) as Record<string, unknown> | null;
  } catch {
    return null;
  }
}

/** Seconds or an HTTP date; null if absent or neither. */
function retryAfterMs(header: string | null): number | null {
  if (header === null) return null;
  const ms = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - Date.now();
  return Number.isNaN(ms) ? null : Math.max(0, ms);
}

/** fetch says only "fetch failed"; the reason is its cause. */
function faultOf(error: unknown): string {
  const { cause } = error as { cause?: { message?: string; code?: string } };
  return cause?.message || cause?.code || (error as Error).message;
}
