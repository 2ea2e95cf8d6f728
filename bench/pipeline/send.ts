import { Agent, request } from 'node:http';
import { type SentBatch, type Shoppers, bodyOf, headers } from './shoppers.ts';
import { sleep } from './tap.ts';

/** Sends batches in order over some connections, each until it is acknowledged, as the SDK does. */
export interface Sender {
  /** Batches acknowledged, in the order of their answers. */
  acknowledged: readonly SentBatch[];
  /** Answers that were no 204, and connections lost. */
  retries(): number;
  /** Most batches begun a second; Infinity for as many as go. */
  setRate(batchesPerSecond: number): void;
  /** Begins no more batches, and waits until all that were begun are acknowledged. */
  finish(): Promise<void>;
}

export interface SendOptions {
  url: string;
  shoppers: Shoppers;
  connections: number;
  batchesPerSecond: number;
  /** Number of the first batch. */
  from: number;
  /** Number of the last batch, exclusive. Default: no end. */
  to?: number;
}

const tickMs = 5;

export function startSending(options: SendOptions): Sender {
  const { url, shoppers, connections, from, to = Infinity } = options;
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const acknowledged: SentBatch[] = [];
  let perSecond = options.batchesPerSecond;
  let allowed = 0;
  let next = from;
  let retries = 0;
  let finishing = false;
  const waiting: (() => void)[] = [];
  let before = performance.now();
  const ticking = setInterval(() => {
    const now = performance.now();
    // At most a second's worth at once, after a pause.
    allowed = Math.min(allowed + ((now - before) / 1000) * perSecond, perSecond);
    before = now;
    while (allowed >= 1 && waiting.length > 0) {
      allowed -= 1;
      waiting.shift()?.();
    }
  }, tickMs);

  const turn = async (): Promise<void> => {
    if (perSecond === Infinity) return;
    await new Promise<void>((resolve) => waiting.push(resolve));
  };
  const work = async (): Promise<void> => {
    for (;;) {
      await turn();
      if (finishing || next >= to) return;
      const batch = { number: next, sentAt: Date.now() };
      next += 1;
      const body = bodyOf(shoppers, batch);
      while ((await post(url, body, agent)) !== 204) {
        retries += 1;
        await sleep(50);
      }
      acknowledged.push(batch);
    }
  };
  const working = Promise.all(Array.from({ length: connections }, work)).finally(() => {
    clearInterval(ticking);
    agent.destroy();
  });
  return {
    acknowledged,
    retries: () => retries,
    setRate: (rate) => (perSecond = rate),
    async finish() {
      finishing ||= to === Infinity;
      if (finishing) for (const wake of waiting.splice(0)) wake();
      await working;
    },
  };
}

/** The status, or 0 if there was none. */
function post(url: string, body: string, agent: Agent): Promise<number> {
  return new Promise((resolve) => {
    const sent = request(`${url}/v1/events`, {
      method: 'POST',
      agent,
      headers: { ...headers, 'Content-Length': Buffer.byteLength(body) },
    });
    sent.on('response', (answer) => {
      answer.resume();
      answer.on('end', () => resolve(answer.statusCode ?? 0));
      answer.on('error', () => resolve(0));
    });
    sent.on('error', () => resolve(0));
    sent.end(body);
  });
}
