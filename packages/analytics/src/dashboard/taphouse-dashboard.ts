import type { LiveMessage } from '@taphouse/schema';
import { html, LitElement, nothing, type TemplateResult } from 'lit';

import { parquetOf } from '../export/parquet.ts';
import { saveFile } from '../export/save-file.ts';
import { formatAge, formatClock, formatCount, formatDuration, formatTime } from '../format.ts';
import type { SessionLength } from '../model/sessionize.ts';
import type { Filters, Picture, SessionLine, TimeRange } from '../model/tally.ts';
import { queries } from '../sql/queries.ts';
import { DashboardData, type Seen } from './dashboard-data.ts';
import { dashboardStyles } from './dashboard-styles.ts';
import { barName } from './duration-chart.ts';
import type { FunnelStep } from './funnel.ts';
import { numbersOf } from './headline.ts';
import { listenLive, type LiveState } from './live-feed.ts';
import type { SessionDialog, SessionEventRow } from './session-dialog.ts';
import { theme } from './theme.ts';
import type { ParquetEvent } from './tile.ts';
import { firstView, fromQuery, presets, rangeOf, toggled, toQuery, type ViewState } from './view-state.ts';

type Stage = 'starting' | 'ready' | 'failed';
type OpenWindows = Extract<LiveMessage, { event: 'windows' }>['data'];
type LiveClick = Extract<LiveMessage, { event: 'clicks' }>['data']['clicks'][number];
interface EventCount {
  client_event: string;
  events: number;
  visitors: number;
}

/** Shortest time between two readings of the lake. */
const refreshMs = 2_000;
const mostClicks = 40;
const fewLines = 12;
const weekdays = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];

/**
 * `<taphouse-dashboard lake="/lake/" live="/v1/live" funnel="a,b,c" keep-url>`: the sessions of a lake, as they happen.
 *
 * Attributes: `lake`, URL of the lake folder; `live`, URL of the server-sent events, none if absent; `funnel`, the first
 * steps of the funnel; `alert-sec`, sessions shorter than this raise the alert, 20 by default, 0 for none; `keep-url`,
 * present where the page's query string holds the view. Colours: the custom properties `--tap-*`.
 */
export class TaphouseDashboard extends LitElement {
  static override properties = {
    lake: { type: String },
    live: { type: String },
    funnel: { type: String },
    alertSec: { type: Number, attribute: 'alert-sec' },
    keepUrl: { type: Boolean, attribute: 'keep-url' },
    stage: { state: true },
    bytes: { state: true },
    rowsRead: { state: true },
    fault: { state: true },
    seen: { state: true },
    view: { state: true },
    liveState: { state: true },
    clicks: { state: true },
    open: { state: true },
    now: { state: true },
    topEvents: { state: true },
    steps: { state: true },
    stepCounts: { state: true },
    showsAllLines: { state: true },
    notice: { state: true },
  };
  static override styles = [theme, dashboardStyles];

  declare lake: string;
  declare live: string;
  declare funnel: string;
  declare alertSec: number;
  declare keepUrl: boolean;
  declare stage: Stage;
  declare bytes: { loaded: number; total: number };
  declare rowsRead: number;
  declare fault: string | null;
  declare seen: Seen | null;
  declare view: ViewState;
  declare liveState: LiveState;
  declare clicks: LiveClick[];
  declare open: OpenWindows | null;
  declare now: number;
  declare topEvents: EventCount[] | null;
  declare steps: string[];
  declare stepCounts: FunnelStep[] | null;
  declare showsAllLines: boolean;
  declare notice: string;

  #data: DashboardData | null = null;
  #stopLive = (): void => {};
  #ticking: ReturnType<typeof setInterval> | undefined;
  #waiting: ReturnType<typeof setTimeout> | undefined;
  #frame = 0;
  #updatedAt = 0;
  #asks = false;
  #askAgain = false;
  /** Counts readings, so that an older one that ends late changes nothing. */
  #reading = 0;
  readonly #onBack = (): void => {
    this.view = fromQuery(location.search);
    this.stepCounts = null;
    this.#read().catch((error: unknown) => (this.fault = wordsOf(error)));
  };

  constructor() {
    super();
    this.lake = '/lake/';
    this.live = '';
    this.funnel = '';
    this.alertSec = 20;
    this.keepUrl = false;
    this.stage = 'starting';
    this.bytes = { loaded: 0, total: 0 };
    this.rowsRead = 0;
    this.fault = null;
    this.seen = null;
    this.view = firstView;
    this.liveState = 'off';
    this.clicks = [];
    this.open = null;
    this.now = Date.now();
    this.topEvents = null;
    this.steps = [];
    this.stepCounts = null;
    this.showsAllLines = false;
    this.notice = '';
  }

  override connectedCallback(): void {
    super.connectedCallback();
    if (this.keepUrl) {
      this.view = fromQuery(location.search);
      addEventListener('popstate', this.#onBack);
    }
    this.steps = this.funnel.split(',').filter((step) => step !== '');
    if (this.live) {
      this.#stopLive = listenLive(this.live, {
        message: (message) => this.#hear(message),
        state: (state) => (this.liveState = state),
      });
    }
    this.#ticking = setInterval(() => (this.now = Date.now()), 1000);
    void this.#start();
  }

  override disconnectedCallback(): void {
    removeEventListener('popstate', this.#onBack);
    this.#stopLive();
    clearInterval(this.#ticking);
    clearTimeout(this.#waiting);
    cancelAnimationFrame(this.#frame);
    void this.#data?.close();
    this.#data = null;
    super.disconnectedCallback();
  }

  async #start(): Promise<void> {
    this.stage = 'starting';
    this.fault = null;
    try {
      this.#data ??= await DashboardData.open(this.lake, (loaded, total) => (this.bytes = { loaded, total }));
      await this.#read();
      this.stage = 'ready';
    } catch (error) {
      this.fault = wordsOf(error);
      this.stage = 'failed';
    }
  }

  /** Reads what the view needs, counts it, and asks the tables behind the tiles that need single events. */
  async #read(): Promise<void> {
    const data = this.#data;
    if (!data) return;
    this.#reading += 1;
    const reading = this.#reading;
    await this.#readRows(data);
    if (reading !== this.#reading) return;
    this.#updatedAt = Date.now();
    this.#count();
    void this.#askEvents();
  }

  /** A file may go while it is read, as when a day's files are merged into one: the manifest then names others. */
  async #readRows(data: DashboardData): Promise<void> {
    const onRows = (rows: number): void => {
      this.rowsRead = rows;
    };
    try {
      await data.read(this.view, onRows);
    } catch (error) {
      if (!(await data.lake.refresh())) throw error;
      await data.read(this.view, onRows);
    }
  }

  #count(): void {
    if (this.#data) this.seen = this.#data.see(this.view);
  }

  /** Asks the tables of single events; one round at a time, and one more if something changed in between. */
  async #askEvents(): Promise<void> {
    this.#askAgain = true;
    if (this.#asks) return;
    this.#asks = true;
    try {
      while (this.#askAgain) {
        this.#askAgain = false;
        await this.#countEvents();
        await this.#countFunnel();
      }
    } catch (error) {
      this.notice = wordsOf(error);
    } finally {
      this.#asks = false;
    }
  }

  async #countEvents(): Promise<void> {
    const { seen, view } = this;
    if (!seen || !this.#data) return;
    const counts = await this.#data.ask<EventCount>(queries.topEvents(seen.ask), seen.ask);
    if (this.view === view) this.topEvents = counts;
  }

  async #countFunnel(): Promise<void> {
    const { seen, steps, view } = this;
    if (!seen || !this.#data || steps.length === 0) return;
    const counts = await this.#data.ask<FunnelStep>(queries.funnel({ ...seen.ask, steps }), seen.ask);
    if (this.steps === steps && this.view === view) this.stepCounts = counts;
  }

  #hear(message: LiveMessage): void {
    if (message.event === 'clicks') {
      this.clicks = [...message.data.clicks.toReversed(), ...this.clicks].slice(0, mostClicks);
    }
    if (message.event === 'windows') this.open = message.data;
    if (message.event === 'sessions') this.#data?.hear(message.data.rows);
    if (message.event === 'lake' || message.event === 'sessions') this.#refreshSoon();
  }

  /** Reads the lake again, at most every `refreshMs`, and not more than a fifth of the time. */
  #refreshSoon(): void {
    if (this.stage !== 'ready') return;
    const pauseMs = Math.max(refreshMs, 5 * (this.seen?.tookMs ?? 0));
    this.#waiting ??= setTimeout(() => void this.#refresh(), pauseMs);
  }

  async #refresh(): Promise<void> {
    try {
      await this.#data?.lake.refresh();
      await this.#read();
      this.fault = null;
    } catch (error) {
      this.fault = wordsOf(error);
    } finally {
      this.#waiting = undefined;
    }
  }

  /** Shows another view; `quietly` leaves no step behind for the back button, as while a slider is drawn. */
  #show(view: ViewState, how: 'at once' | 'read first', quietly = false): void {
    this.view = view;
    if (this.keepUrl) {
      const query = toQuery(view);
      const url = query ? `?${query}` : location.pathname;
      if (quietly) history.replaceState(null, '', url);
      else history.pushState(null, '', url);
    }
    if (how === 'at once') {
      cancelAnimationFrame(this.#frame);
      this.#frame = requestAnimationFrame(() => {
        this.#count();
        this.#askSoon();
      });
      return;
    }
    this.stepCounts = null;
    this.#read().catch((error: unknown) => (this.fault = wordsOf(error)));
  }

  /** Questions to the tables wait until the hand rests. */
  #asking: ReturnType<typeof setTimeout> | undefined;
  #askSoon(): void {
    this.stepCounts = null;
    clearTimeout(this.#asking);
    this.#asking = setTimeout(() => void this.#askEvents(), 400);
  }

  #slide(length: SessionLength): void {
    this.#show({ ...this.view, length }, 'at once', true);
  }

  #filter(filters: Filters): void {
    this.#show(toggled(this.view, filters), 'at once');
  }

  #zoom(range: TimeRange): void {
    this.#show({ ...this.view, range }, 'read first');
  }

  override render(): TemplateResult {
    return html`<main
      @tap-length=${(event: CustomEvent<SessionLength>) => this.#slide(event.detail)}
      @tap-select=${(event: CustomEvent<Filters>) => this.#filter(event.detail)}
      @tap-zoom=${(event: CustomEvent<TimeRange>) => this.#zoom(event.detail)}
      @tap-parquet=${(event: ParquetEvent) => void this.#saveParquet(event)}
      @tap-funnel=${(event: CustomEvent<string[]>) => this.#setSteps(event.detail)}
    >
      ${this.#header()} ${this.stage === 'ready' && this.fault ? this.#stale() : nothing} ${this.#openWindows()}
      ${this.#body()}
      <taphouse-session></taphouse-session>
    </main>`;
  }

  #header(): TemplateResult {
    const { range } = this.view;
    return html`<header>
      <div>
        <h1>Sessions</h1>
        <p class="lead">${this.#rangeWords()} ${this.#liveLight()}</p>
      </div>
      <div class="controls">
        <div class="choice" role="group" aria-label="Range">
          ${presets.map(
            ({ id, name, about }) =>
              html`<button
                type="button"
                title=${about}
                aria-pressed=${String(id === range)}
                @click=${() => this.#show({ ...this.view, range: id }, 'read first')}
              >
                ${name}
              </button>`,
          )}
        </div>
        ${this.#dates()}
        <button
          type="button"
          class="toggle"
          aria-pressed=${String(this.view.compare)}
          title="With the period of the same length before"
          @click=${() => this.#show({ ...this.view, compare: !this.view.compare }, 'read first')}
        >
          Compare
        </button>
        <button type="button" class="toggle" @click=${() => void this.#copyLink()}>Copy link</button>
      </div>
      ${this.#chips()}
      <p class="notice" role="status">${this.notice}</p>
    </header>`;
  }

  #rangeWords(): string {
    const { range } = this.view;
    const preset = presets.find(({ id }) => id === range);
    if (preset) return `That begin in ${preset.about.replace(/^since/, 'the time since')}.`.replace('in all', 'at any');
    const { fromAt, toAt } = rangeOf(range, this.now);
    return `That begin from ${formatTime(fromAt)} to ${formatTime(toAt)} UTC.`;
  }

  #dates(): TemplateResult {
    const { fromAt, toAt } = rangeOf(this.view.range, this.now);
    const set = (side: 'fromAt' | 'toAt') => (event: Event) => {
      const at = Date.parse(`${(event.target as HTMLInputElement).value}Z`);
      const range = { fromAt: Math.max(0, fromAt), toAt, [side]: at };
      if (range.fromAt < range.toAt) this.#zoom(range);
    };
    return html`<details class="dates">
      <summary>Dates</summary>
      <div class="sheet">
        <label>From, UTC <input type="datetime-local" .value=${minuteOf(fromAt)} @change=${set('fromAt')} /></label>
        <label>To, UTC <input type="datetime-local" .value=${minuteOf(toAt)} @change=${set('toAt')} /></label>
      </div>
    </details>`;
  }

  #chips(): TemplateResult | typeof nothing {
    const chips = filterWords(this.view.filters);
    if (chips.length === 0) return nothing;
    return html`<ul class="chips" aria-label="Filters">
      ${chips.map(
        ({ words, filter }) =>
          html`<li>
            <button type="button" aria-label="Without the filter ${words}" @click=${() => this.#filter(filter)}>
              ${words} <span aria-hidden="true">✕</span>
            </button>
          </li>`,
      )}
      <li>
        <button type="button" class="plain" @click=${() => this.#show({ ...this.view, filters: {} }, 'at once')}>
          Clear all
        </button>
      </li>
    </ul>`;
  }

  #liveLight(): TemplateResult {
    const words = { connecting: 'connecting', live: 'live', lost: 'connection lost, trying again', off: 'not live' };
    const age = this.#updatedAt ? `, read ${formatAge(this.now - this.#updatedAt)}` : '';
    return html`<span class="state"><span class="dot ${this.liveState}"></span>${words[this.liveState]}${age}</span>`;
  }

  #stale(): TemplateResult {
    return html`<p class="stale" role="alert">
      These numbers are from ${formatTime(this.#updatedAt)} UTC; the last reading failed: ${this.fault}
    </p>`;
  }

  /** To one who looks for a visitor: the windows of theirs that are still open, and so in no file yet. */
  #openWindows(): TemplateResult | typeof nothing {
    const { user } = this.view.filters;
    const rows = this.open?.rows.filter((row) => row.user_id === user) ?? [];
    const rangeMs = this.open?.rangeMs ?? 0;
    if (user === undefined || rows.length === 0) return nothing;
    return html`<p class="open" role="status">
      ${rows.map((row) => {
        const leftSec = Math.max(0, Math.ceil((row.window_open + rangeMs - this.now) / 1000));
        return html`<span>
          Open now on ${row.device_id}: ${formatCount(row.events)} ${row.events === 1 ? 'event' : 'events'} so far, from
          ${row.beginnavigation} to ${row.endnavigation}; closes in ${leftSec} s and is below a few seconds later.
        </span>`;
      })}
    </p>`;
  }

  #body(): TemplateResult {
    if (this.stage === 'failed') return this.#failed();
    const { seen } = this;
    if (!seen) return this.#starting();
    if (this.#data?.empty) return html`<div class="grid">${this.#empty()} ${this.#strip()}</div>`;
    return html`<div class="grid">
      ${numbersOf(seen, this.open?.total ?? null)} ${this.#slider(seen)} ${this.#overTime(seen)} ${this.#strip()}
      ${this.#devices(seen)} ${this.#durations(seen)} ${this.#flow(seen)} ${this.#hours(seen)} ${this.#events(seen)}
      ${this.#funnelTile(seen)} ${this.#retention(seen)} ${this.#latest(seen)}
    </div>`;
  }

  #failed(): TemplateResult {
    return html`<section class="panel" role="alert">
      <h2>The lake did not open</h2>
      <p><code>${this.fault}</code></p>
      <button class="button" type="button" @click=${() => void this.#start()}>Try again</button>
    </section>`;
  }

  #starting(): TemplateResult {
    const { loaded, total } = this.bytes;
    const now =
      this.rowsRead > 0
        ? html`${formatCount(this.rowsRead)} rows read`
        : html`${megabytes(loaded)}${total ? html` of ${megabytes(total)}` : nothing} MB`;
    return html`<section class="panel" aria-busy="true">
      <h2>${this.rowsRead > 0 ? 'Reading the lake' : 'Pouring the database'}</h2>
      <p>DuckDB runs in this page and reads the lake by itself. It is fetched once.<br />${now}</p>
      ${
        total
          ? html`<progress max=${total} value=${loaded} aria-label="DuckDB"></progress>`
          : html`<progress aria-label="DuckDB"></progress>`
      }
    </section>`;
  }

  #empty(): TemplateResult {
    return html`<section class="panel span-8">
      <h2>No session yet</h2>
      <p>A session appears here a few seconds after its window closes. Buy a beer, and watch it come.</p>
      <a class="button" href="/">To the beer shop</a>
    </section>`;
  }

  #slider(seen: Seen): TemplateResult {
    const note = `${formatCount(seen.rows)} rows made into sessions and counted in ${Math.max(1, Math.round(seen.tookMs))} ms`;
    return html`<section class="span-12 slider">
      <taphouse-length
        .length=${this.view.length}
        .stepMs=${this.#data?.stepMs ?? 30_000}
        .curve=${seen.curve}
        .note=${note}
      ></taphouse-length>
    </section>`;
  }

  #overTime({ ask, picture, before, shiftMs }: Seen): TemplateResult {
    const shifted = before?.overTime.map((bar) => ({ ...bar, bucket: new Date(bar.bucket.getTime() + shiftMs) })) ?? [];
    return html`<taphouse-tile
      class="span-8"
      heading="Sessions over time"
      about="By begin, UTC, in bars of ${formatDuration(picture.bucketMs / 1000)}. Choose a bar to look closer.${before ? ' Dashed: the period before.' : ''}"
      .rows=${picture.overTime}
      .question=${queries.overTime({ ...ask, bucketMs: picture.bucketMs })}
    >
      ${some(picture, html`<taphouse-over-time .points=${picture.overTime} .earlier=${shifted} .bucketMs=${picture.bucketMs}></taphouse-over-time>`)}
    </taphouse-tile>`;
  }

  #strip(): TemplateResult {
    return html`<section class="card span-4">
      <h2>As it happens</h2>
      <p>Clicks as the collector takes them, newest first.</p>
      ${
        this.clicks.length === 0
          ? html`<div class="nothing">${this.live ? 'Waiting for a click' : 'No live side on this lake'}</div>`
          : html`<ul class="strip">
              ${this.clicks.map(
                (click) =>
                  html`<li>
                    <span class="muted">${formatClock(click.received_at)}</span>
                    <span class="cut" title=${click.client_event}>${click.client_event}</span>
                    <span class="muted cut">${click.user_id}</span>
                  </li>`,
              )}
            </ul>`
      }
    </section>`;
  }

  #devices({ ask, picture }: Seen): TemplateResult {
    const { device: _, ...others } = ask.filters ?? {};
    return html`<taphouse-tile
      class="span-6"
      heading="Time spent, by device"
      about="Size: seconds in sessions. The stronger the colour, the more events."
      .rows=${picture.devices}
      .question=${queries.treeMap({ ...ask, filters: others })}
    >
      ${someOf(picture.devices, html`<taphouse-treemap .devices=${picture.devices} .chosen=${this.view.filters.device ?? null}></taphouse-treemap>`)}
    </taphouse-tile>`;
  }

  #durations({ ask, picture }: Seen): TemplateResult {
    const { duration: _, ...others } = ask.filters ?? {};
    return html`<taphouse-tile
      class="span-6"
      heading="Sessions by duration"
      about="Seconds from first to last event, whole; a session of one event lasts 0. Each bar is a longer stretch than the one before it."
      .rows=${picture.byDuration}
      .question=${queries.byDuration({ ...ask, filters: others })}
    >
      ${someOf(
        picture.byDuration,
        html`<taphouse-by-duration
          .counts=${picture.byDuration}
          .chosen=${this.view.filters.duration ?? null}
          .alertSec=${this.alertSec}
        ></taphouse-by-duration>`,
      )}
    </taphouse-tile>`;
  }

  #flow({ ask, picture }: Seen): TemplateResult {
    return html`<taphouse-tile
      class="span-6"
      heading="From begin to end"
      about="Left: the first event of a session; right: its last. Width: sessions."
      .rows=${picture.flow}
      .question=${queries.pairs(ask)}
    >
      ${some(picture, html`<taphouse-flow .flow=${picture.flow} .chosen=${this.view.filters}></taphouse-flow>`)}
    </taphouse-tile>`;
  }

  #hours({ ask, picture }: Seen): TemplateResult {
    const { hour: _, ...others } = ask.filters ?? {};
    const rows = picture.hours.map((sessions, place) => ({
      weekday: weekdays[Math.floor(place / 24)],
      hour: place % 24,
      sessions,
    }));
    return html`<taphouse-tile
      class="span-6"
      heading="When they come"
      about="Sessions by weekday and hour of their begin, UTC."
      .rows=${rows}
      .question=${queries.hours({ ...ask, filters: others })}
    >
      ${someOf(
        picture.hours.filter((count) => count > 0),
        html`<taphouse-hours .hours=${picture.hours} .chosen=${this.view.filters.hour ?? null}></taphouse-hours>`,
      )}
    </taphouse-tile>`;
  }

  #events({ ask }: Seen): TemplateResult {
    const most = Math.max(1, ...(this.topEvents ?? []).map((row) => row.events));
    return html`<taphouse-tile
      class="span-6"
      heading="Top events"
      about="Distinct events in the range by their own time, and how many visitors sent them. Filters on device and visitor apply."
      .rows=${this.topEvents ?? []}
      .question=${queries.topEvents(ask)}
    >
      ${
        this.topEvents === null
          ? html`<div class="nothing" role="status">Counting events…</div>`
          : someOf(
              this.topEvents,
              html`<ol class="bars">
                ${this.topEvents.slice(0, 10).map(
                  (row) =>
                    html`<li>
                      <span class="cut" title=${row.client_event}>${row.client_event}</span>
                      <span class="right">${formatCount(row.events)}</span>
                      <span class="right muted">${formatCount(row.visitors)} visitors</span>
                      <svg viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">
                        <rect width=${(row.events / most) * 100} height="6" rx="1"></rect>
                      </svg>
                    </li>`,
                )}
              </ol>`,
            )
      }
    </taphouse-tile>`;
  }

  #funnelTile({ ask }: Seen): TemplateResult {
    const names = [
      ...new Set([...(this.#data?.names ?? []), ...(this.topEvents ?? []).map((row) => row.client_event)]),
    ];
    return html`<taphouse-tile
      class="span-6"
      heading="Funnel"
      about="Sessions with these events in this order; others may lie between."
      .rows=${this.stepCounts ?? []}
      .question=${this.steps.length > 0 ? queries.funnel({ ...ask, steps: this.steps }) : null}
    >
      <taphouse-funnel .steps=${this.steps} .names=${names.toSorted()} .counts=${this.stepCounts}></taphouse-funnel>
    </taphouse-tile>`;
  }

  #retention({ ask, picture }: Seen): TemplateResult {
    return html`<taphouse-tile
      class="span-12"
      heading="Who comes again"
      about="Of the visitors first seen in a week (from Monday, UTC; within the last 12 weeks of the range), the share with a session n weeks later."
      .rows=${picture.retention}
      .question=${queries.retention(ask)}
    >
      ${some(picture, html`<taphouse-retention .cells=${picture.retention}></taphouse-retention>`)}
    </taphouse-tile>`;
  }

  #latest({ ask, picture }: Seen): TemplateResult {
    const lines = this.showsAllLines ? picture.latest : picture.latest.slice(0, fewLines);
    return html`<taphouse-tile
      class="span-12"
      heading="Latest sessions"
      about="Newest begin first, UTC. Choose one to see its events; choose a visitor to see only theirs."
      .rows=${picture.latest}
      .question=${queries.latest(ask)}
    >
      ${some(picture, this.#lines(lines))}
      ${
        picture.latest.length > fewLines
          ? html`<button class="plain" type="button" @click=${() => (this.showsAllLines = !this.showsAllLines)}>
              ${this.showsAllLines ? 'Show fewer' : `Show ${picture.latest.length}`}
            </button>`
          : nothing
      }
    </taphouse-tile>`;
  }

  #lines(lines: readonly SessionLine[]): TemplateResult {
    return html`<div class="scroll" tabindex="0" role="region" aria-label="Latest sessions, table">
      <table>
        <thead>
          <tr>
            <th scope="col">Begin</th>
            <th scope="col">Session</th>
            <th scope="col">Visitor</th>
            <th scope="col">Device</th>
            <th scope="col" class="right">Events</th>
            <th scope="col" class="right">Duration</th>
            <th scope="col">First</th>
            <th scope="col">Last</th>
          </tr>
        </thead>
        <tbody>
          ${lines.map((line) => this.#line(line))}
        </tbody>
      </table>
    </div>`;
  }

  #line(line: SessionLine): TemplateResult {
    const short = this.alertSec > 0 && line.duration_sec < this.alertSec;
    return html`<tr>
      <td>${formatTime(line.beginsession)}</td>
      <td>
        <button class="link" type="button" @click=${() => void this.#openSession(line)}>${line.session_id}</button>
      </td>
      <td>
        <button class="link" type="button" @click=${() => this.#filter({ user: line.user_id })}>${line.user_id}</button>
      </td>
      <td title=${line.device_id}>${line.device_id}</td>
      <td class="right">${formatCount(line.events)}</td>
      <td class="right" title=${short ? `below the alert of ${this.alertSec} s` : ''}>
        ${formatDuration(line.duration_sec)}
      </td>
      <td>${line.beginnavigation}</td>
      <td>${line.endnavigation}</td>
    </tr>`;
  }

  async #openSession(line: SessionLine): Promise<void> {
    const dialog = this.renderRoot.querySelector<SessionDialog>('taphouse-session');
    if (!dialog || !this.#data) return;
    await dialog.show(line);
    const [beginAt, endAt] = [line.beginsession.getTime(), line.endsession.getTime()];
    const question = queries.sessionEvents({ user_id: line.user_id, device_id: line.device_id, beginAt, endAt });
    try {
      dialog.events = await this.#data.ask<SessionEventRow>(question, { fromAt: beginAt, toAt: endAt + 1 });
    } catch (error) {
      dialog.fault = wordsOf(error);
    }
  }

  #setSteps(steps: string[]): void {
    this.steps = steps;
    this.stepCounts = null;
    void this.#askEvents();
  }

  async #saveParquet({ detail }: ParquetEvent): Promise<void> {
    if (!this.#data || !this.seen) return;
    this.notice = `Writing ${detail.name}.parquet…`;
    try {
      await this.#data.lake.focus(null);
      const bytes = await parquetOf(this.#data.lake, detail.question);
      saveFile(`${detail.name}.parquet`, 'application/vnd.apache.parquet', bytes);
      this.notice = `Wrote ${detail.name}.parquet, ${formatCount(bytes.length)} bytes`;
    } catch (error) {
      this.notice = wordsOf(error);
    }
  }

  async #copyLink(): Promise<void> {
    const { fromAt, toAt } = rangeOf(this.view.range, this.now);
    const link = new URL(`?${toQuery({ ...this.view, range: { fromAt, toAt } })}`, location.href).href;
    try {
      await navigator.clipboard.writeText(link);
      this.notice = 'Link copied, with the range as fixed times';
    } catch {
      this.notice = link;
    }
  }
}

const noSession = html`<div class="nothing">No session in this range, with these filters</div>`;

function some(picture: Picture, chart: TemplateResult): TemplateResult {
  return picture.sessions > 0 ? chart : noSession;
}

function someOf(rows: readonly unknown[], chart: TemplateResult): TemplateResult {
  return rows.length > 0 ? chart : noSession;
}

function filterWords(filters: Filters): { words: string; filter: Filters }[] {
  const { device, user, first, last, duration, hour } = filters;
  const chips: { words: string; filter: Filters }[] = [];
  if (device !== undefined) chips.push({ words: `device ${device}`, filter: { device } });
  if (user !== undefined) chips.push({ words: `visitor ${user}`, filter: { user } });
  if (first !== undefined) chips.push({ words: `begins with ${first}`, filter: { first } });
  if (last !== undefined) chips.push({ words: `ends with ${last}`, filter: { last } });
  if (duration) chips.push({ words: `lasts ${barName(duration)}`, filter: { duration } });
  if (hour)
    chips.push({ words: `${weekdays[hour.day]} ${String(hour.hour).padStart(2, '0')}:00 UTC`, filter: { hour } });
  return chips;
}

/** As an input of type datetime-local has it. */
function minuteOf(at: number): string {
  return new Date(at).toISOString().slice(0, 16);
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
