import { queries } from '../sql/queries.ts';
import type { DashboardData, Seen } from './dashboard-data.ts';
import type { FunnelStep } from './funnel.ts';
import type { Asking, EventCount } from './tiles.ts';
import { untilStopped } from './until-stopped.ts';
import type { ViewState } from './view-state.ts';

/** Questions to the tables wait this long for the hand to rest. */
const restMs = 400;
/** With more events than this in the range, they are counted only when asked for. */
const mostEvents = 5_000_000;

/** What is on screen, and who is told of what is counted for it. */
export interface EventCountsHost {
  /** Null before the first numbers. */
  shown(): { data: DashboardData; seen: Seen; view: ViewState } | null;
  /** Types of devices have come: the numbers can be counted again. */
  recount(): void;
  /** What stands here is another now. */
  changed(): void;
  say(words: string): void;
}

/**
 * What only the tables of single events tell: types of devices, top events and the funnel. They come in the background,
 * one round of questions at a time, and can be stopped.
 */
export class EventCounts {
  /** Null until they are counted for what is on screen. */
  topEvents: EventCount[] | null = null;
  steps: readonly string[] = [];
  stepCounts: FunnelStep[] | null = null;
  asking: Asking = 'counting';
  /** False until it is known which device is of which type. */
  knowsTypes = false;
  /** How long the last round took. */
  tookMs = 0;
  readonly #host: EventCountsHost;
  #asks = false;
  #askAgain = false;
  /** True once someone has asked for the events of a long range. */
  #countsMany = false;
  #stop = new AbortController();
  #resting: ReturnType<typeof setTimeout> | undefined;

  constructor(host: EventCountsHost) {
    this.#host = host;
  }

  /** Asks the questions; one round at a time, and one more if something changed in between. */
  async ask(): Promise<void> {
    this.#askAgain = true;
    if (this.#asks) return;
    this.#asks = true;
    this.#stop = new AbortController();
    const startedAt = performance.now();
    try {
      while (this.#askAgain) {
        this.#askAgain = false;
        await untilStopped(this.#askOnce(this.#stop.signal), this.#stop.signal);
      }
    } catch (error) {
      const stopped = this.#stop.signal.aborted;
      this.asking = stopped ? 'stopped' : 'failed';
      if (!stopped) this.#host.say(error instanceof Error ? error.message : String(error));
    } finally {
      this.tookMs = performance.now() - startedAt;
      this.knowsTypes = true;
      this.#asks = false;
      this.#host.changed();
    }
  }

  async #askOnce(signal: AbortSignal): Promise<void> {
    const shown = this.#host.shown();
    if (!shown) return;
    const { data, seen, view } = shown;
    if (await data.readTypes(view, { signal })) this.#host.recount();
    this.knowsTypes = true;
    this.#host.changed();
    if (this.asking !== 'counting' && this.asking !== 'counted') return;
    if (data.eventsIn(seen.ask) > mostEvents && !this.#countsMany) {
      this.asking = 'many';
      return;
    }
    await this.#countEvents(shown, signal);
    await this.#countFunnel(shown, signal);
    if (this.#isShown(view)) this.asking = 'counted';
  }

  async #countEvents({ data, seen: { ask }, view }: Shown, signal: AbortSignal): Promise<void> {
    const { event: _, ...filters } = ask.filters ?? {};
    const counts = await data.ask<EventCount>(queries.topEvents({ ...ask, filters }), ask, { signal });
    if (!this.#isShown(view)) return;
    this.topEvents = counts;
    this.#host.changed();
  }

  async #countFunnel({ data, seen: { ask }, view }: Shown, signal: AbortSignal): Promise<void> {
    const { steps } = this;
    if (steps.length === 0) return;
    const counts = await data.ask<FunnelStep>(queries.funnel({ ...ask, steps }), ask, { signal });
    if (this.steps === steps && this.#isShown(view)) this.stepCounts = counts;
  }

  #isShown(view: ViewState): boolean {
    return this.#host.shown()?.view === view;
  }

  stop(): void {
    this.#stop.abort(new DOMException('stopped by hand', 'AbortError'));
  }

  /** Counts what was stopped, or waited to be asked for. */
  askAgain(): void {
    this.asking = 'counting';
    this.#countsMany = true;
    this.#host.changed();
    void this.ask();
  }

  /** The counts are of another view. */
  forget(): void {
    this.topEvents = null;
    this.stepCounts = null;
    this.asking = 'counting';
    this.#countsMany = false;
    this.#host.changed();
  }

  /** The counts are of another view; they are asked for when the hand rests. */
  askSoon(): void {
    this.forget();
    clearTimeout(this.#resting);
    this.#resting = setTimeout(() => void this.ask(), restMs);
  }

  /** Other steps of the funnel. */
  follow(steps: readonly string[]): void {
    this.steps = steps;
    this.stepCounts = null;
    if (this.asking === 'counted') this.asking = 'counting';
    this.#host.changed();
    void this.ask();
  }

  /** The element has left the page. */
  end(): void {
    clearTimeout(this.#resting);
  }
}

type Shown = NonNullable<ReturnType<EventCountsHost['shown']>>;
