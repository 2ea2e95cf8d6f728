import { createHmac } from 'node:crypto';

import type { SessionRow } from '@taphouse/schema';
import { type Alert, type AlertRule, alertsOf } from '@taphouse/sessions';

export interface AlertOptions {
  rules: readonly AlertRule[];
  /** Where each alert is POSTed as JSON; absent, alerts are only reported. */
  webhook?: { url: string; secret?: string };
  report: (line: string) => void;
  /** Longest time that one alert is tried, milliseconds. Default 3,600,000. */
  giveUpMs?: number;
  /** First wait between tries, milliseconds; doubles each time, up to 5 minutes. Default 1,000. */
  firstWaitMs?: number;
}

/** Takes closed windows, and says what the rules say of them. */
export interface AlertSender {
  take(rows: readonly SessionRow[]): void;
  /** Gives up what is still waiting, with a line that says how many. */
  close(): void;
}

/** Most alerts waiting for the webhook; more are reported and dropped. */
const maxWaiting = 10_000;
const maxWaitMs = 5 * 60_000;
const maxAnswerMs = 10_000;

/**
 * Reports each alert as a line, and POSTs it to the webhook until that answers 2xx. The receiver can tell repeats by
 * `row.row_id` and the sender by `Taphouse-Signature: t=<unix ms>,v1=<hex HMAC-SHA256 of "t.body">`. What waits is kept in
 * memory: an alert that waits when the process is killed is not sent again.
 */
export function createAlertSender(options: AlertOptions): AlertSender {
  const { rules, webhook, report } = options;
  const closing = new AbortController();
  let waiting = 0;

  const send = async (alert: Alert): Promise<void> => {
    if (!webhook) return;
    if (waiting >= maxWaiting)
      return report(
        `alert ${alert.rule} of ${alert.row.session_id}: ${waiting} wait for the webhook already; not sent`,
      );
    waiting += 1;
    const fault = await postUntilTaken(alert, webhook, options, closing.signal);
    waiting -= 1;
    if (fault !== null && !closing.signal.aborted)
      report(`alert ${alert.rule} of ${alert.row.session_id}: webhook ${webhook.url}: ${fault}; given up`);
  };

  return {
    take(rows) {
      for (const alert of rows.flatMap((row) => alertsOf(rules, row))) {
        const { row } = alert;
        report(
          `alert ${alert.rule}: session ${row.session_id}, ${row.events} events in ${row.duration_sec} s, ${row.beginnavigation} to ${row.endnavigation}`,
        );
        void send(alert);
      }
    },
    close() {
      closing.abort();
      if (waiting > 0) report(`alerts: ${waiting} not taken by the webhook yet are given up`);
    },
  };
}

/** Null once the webhook has answered 2xx, else the last fault. */
async function postUntilTaken(
  alert: Alert,
  webhook: { url: string; secret?: string },
  options: AlertOptions,
  signal: AbortSignal,
): Promise<string | null> {
  const { giveUpMs = 3_600_000, firstWaitMs = 1_000 } = options;
  const body = JSON.stringify({ rule: alert.rule, session: alert.row });
  const deadline = Date.now() + giveUpMs;
  for (let waitMs = firstWaitMs; ; waitMs = Math.min(waitMs * 2, maxWaitMs)) {
    const fault = await post(webhook, body, signal);
    if (fault === null || signal.aborted || Date.now() + waitMs > deadline) return fault;
    await sleep(waitMs * (0.5 + Math.random() / 2), signal);
  }
}

async function post(
  { url, secret }: { url: string; secret?: string },
  body: string,
  signal: AbortSignal,
): Promise<string | null> {
  const at = Date.now();
  const signature = secret ? { 'Taphouse-Signature': `t=${at},v1=${sign(secret, at, body)}` } : {};
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', ...signature },
      body,
      signal: AbortSignal.any([signal, AbortSignal.timeout(maxAnswerMs)]),
    });
    await response.body?.cancel();
    return response.ok ? null : `answered ${response.status}`;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function sign(secret: string, at: number, body: string): string {
  return createHmac('sha256', secret).update(`${at}.${body}`).digest('hex');
}

function sleep(waitMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, waitMs);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
