import { createHmac } from 'node:crypto';

import type { SessionRow } from '@taphouse/schema';
import { type AlertRule, alertsOf } from '@taphouse/sessions';

import type { AlertOutbox, WaitingAlert } from './alert-outbox.ts';

export interface AlertOptions {
  rules: readonly AlertRule[];
  /** Where each alert is POSTed as JSON, and what keeps it until it is taken; absent, alerts are only reported. */
  webhook?: { url: string; secret?: string; outbox: AlertOutbox };
  report: (line: string) => void;
  /** How long after it was raised an alert is tried again, milliseconds; it is tried once at least. Default 86,400,000. */
  giveUpMs?: number;
  /** First wait between tries, milliseconds; doubles each time, up to 5 minutes. Default 1,000. */
  firstWaitMs?: number;
}

/** Takes closed windows, and says what the rules say of them. */
export interface AlertSender {
  /** Resolves when what these rows raise is on disk, so that a kill does not lose it. */
  take(rows: readonly SessionRow[]): Promise<void>;
  /** Stops sending; what waits is sent after the next start. */
  close(): Promise<void>;
}

/** Most alerts waiting for the webhook; more are reported and dropped. */
const maxWaiting = 10_000;
const maxPosts = 4;
const maxWaitMs = 5 * 60_000;
const maxAnswerMs = 10_000;

/**
 * Reports each alert as a line, and POSTs it to the webhook until that answers 2xx: at least once, over restarts and kills
 * too. The receiver can tell repeats by `id`, which is also in `Taphouse-Alert-Id`, and the sender by
 * `Taphouse-Signature: t=<unix ms>,v1=<hex HMAC-SHA256 of "t.body">`.
 */
export function createAlertSender(options: AlertOptions): AlertSender {
  const { rules, webhook, report } = options;
  const delivery = webhook && new Delivery(webhook, options);
  return {
    async take(rows) {
      const raisedAt = Date.now();
      const raised = rows
        .flatMap((row) => alertsOf(rules, row))
        .map(({ rule, row }): WaitingAlert => ({ id: `${rule}/${row.row_id}`, rule, session: row, raisedAt }));
      await delivery?.add(raised);
      for (const { rule, session } of raised) {
        report(
          `alert ${rule}: session ${session.session_id}, ${session.events} events in ${session.duration_sec} s, ${session.beginnavigation} to ${session.endnavigation}`,
        );
      }
    },
    async close() {
      await delivery?.close();
    },
  };
}

interface Try {
  alert: WaitingAlert;
  waitMs: number;
  nextAt: number;
}

/** Sends what is in the outbox, a few at a time, each with waits of its own. */
class Delivery {
  readonly #webhook: NonNullable<AlertOptions['webhook']>;
  readonly #options: AlertOptions;
  readonly #closing = new AbortController();
  readonly #waiting: Map<string, Try>;
  readonly #posting = new Set<Promise<void>>();
  #timer: NodeJS.Timeout | undefined;

  constructor(webhook: NonNullable<AlertOptions['webhook']>, options: AlertOptions) {
    this.#webhook = webhook;
    this.#options = options;
    this.#waiting = new Map(webhook.outbox.waiting().map((alert) => [alert.id, this.#firstTry(alert)]));
    this.#postDue();
  }

  async add(raised: readonly WaitingAlert[]): Promise<void> {
    const fresh = raised.filter(({ id }) => !this.#waiting.has(id));
    const kept = fresh.slice(0, Math.max(0, maxWaiting - this.#waiting.size));
    await this.#webhook.outbox.add(kept);
    for (const alert of kept) this.#waiting.set(alert.id, this.#firstTry(alert));
    if (kept.length < fresh.length)
      this.#options.report(
        `alerts: ${maxWaiting} wait for the webhook already; ${fresh.length - kept.length} not sent`,
      );
    this.#postDue();
  }

  async close(): Promise<void> {
    this.#closing.abort();
    clearTimeout(this.#timer);
    await Promise.all(this.#posting);
    if (this.#waiting.size > 0)
      this.#options.report(`alerts: ${this.#waiting.size} not taken by the webhook yet; sent after the next start`);
  }

  #firstTry(alert: WaitingAlert): Try {
    return { alert, waitMs: this.#options.firstWaitMs ?? 1_000, nextAt: 0 };
  }

  /** Posts what is due, as many at once as may be, and comes back when the next one is. */
  #postDue(): void {
    clearTimeout(this.#timer);
    if (this.#closing.signal.aborted || this.#posting.size >= maxPosts) return;
    const next = this.#next();
    if (!next) return;
    const inMs = next.nextAt - Date.now();
    if (inMs > 0) {
      this.#timer = setTimeout(() => this.#postDue(), inMs);
      return;
    }
    next.nextAt = Infinity;
    const posting = this.#try(next).finally(() => {
      this.#posting.delete(posting);
      this.#postDue();
    });
    this.#posting.add(posting);
    this.#postDue();
  }

  #next(): Try | undefined {
    let next: Try | undefined;
    for (const each of this.#waiting.values()) if (each.nextAt < (next?.nextAt ?? Infinity)) next = each;
    return next;
  }

  async #try(each: Try): Promise<void> {
    const { giveUpMs = 86_400_000, report } = this.#options;
    const { id, rule, session, raisedAt } = each.alert;
    // Gone from the outbox: the user was erased.
    const fault = this.#webhook.outbox.has(id) ? await post(this.#webhook, each.alert, this.#closing.signal) : null;
    if (fault === null) return this.#settle(id);
    if (this.#closing.signal.aborted) return undefined;
    if (Date.now() + each.waitMs > raisedAt + giveUpMs) {
      report(`alert ${rule} of ${session.session_id}: webhook ${this.#webhook.url}: ${fault}; given up`);
      return this.#settle(id);
    }
    each.nextAt = Date.now() + each.waitMs * (0.5 + Math.random() / 2);
    each.waitMs = Math.min(each.waitMs * 2, maxWaitMs);
    return undefined;
  }

  /** If this fails, the alert comes again after the next start. */
  async #settle(id: string): Promise<void> {
    this.#waiting.delete(id);
    await this.#webhook.outbox
      .remove(id)
      .catch((error: unknown) => this.#options.report(`alert ${id}: ${String(error)}; may be sent twice`));
  }
}

/** Null once the webhook has answered 2xx, else the fault. */
async function post(
  { url, secret }: { url: string; secret?: string },
  { id, rule, session }: WaitingAlert,
  signal: AbortSignal,
): Promise<string | null> {
  const at = Date.now();
  const body = JSON.stringify({ id, rule, session });
  const signature = secret ? { 'Taphouse-Signature': `t=${at},v1=${sign(secret, at, body)}` } : {};
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', 'Taphouse-Alert-Id': id, ...signature },
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
