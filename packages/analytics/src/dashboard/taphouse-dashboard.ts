import type { LiveMessage } from '@taphouse/schema';
import { html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { guard } from 'lit/directives/guard.js';

import { parquetOf } from '../export/parquet.ts';
import { saveFile } from '../export/save-file.ts';
import { formatCount } from '../format.ts';
import type { SessionLength } from '../model/sessionize.ts';
import type { Filters, SessionLine, TimeRange } from '../model/tally.ts';
import { type GivenFile, listenForDrop } from '../sources/dropped-files.ts';
import type { Credentials } from '../sources/s3-source.ts';
import { queries } from '../sql/queries.ts';
import { controlStyles } from './control-styles.ts';
import { DashboardData, type Seen } from './dashboard-data.ts';
import { dashboardHeader } from './dashboard-header.ts';
import { dashboardStyles } from './dashboard-styles.ts';
import { EventCounts } from './event-counts.ts';
import type { OngoingSessions } from './headline.ts';
import { listenLive, type LiveState } from '../live-feed.ts';
import * as panels from './panels.ts';
import type { SessionDialog, SessionEventRow } from './session-dialog.ts';
import { theme } from './theme.ts';
import type { ParquetEvent } from './tile.ts';
import * as tiles from './tiles.ts';
import { untilStopped } from './until-stopped.ts';
import { firstView, fromQuery, rangeOf, toggled, toQuery, type ViewState } from './view-state.ts';

type Stage = 'starting' | 'ready' | 'stopped' | 'failed';

/** Shortest time between two readings of the lake. */
const refreshMs = 2_000;
const mostClicks = 40;
const noticeMs = 8_000;

/**
 * `<taphouse-dashboard lake="/lake/" live="/v1/live" funnel="a,b,c" keep-url>`: the sessions of a lake, as they happen.
 *
 * Attributes: `lake`, URL of the lake folder; `live`, URL of the server-sent events, none if absent; `funnel`, the first
 * steps of the funnel; `alert-sec`, sessions shorter than this raise the alert, 20 by default, 0 for none; `keep-url`,
 * present where the page's query string holds the view. Properties: `credentials` and `region` for a lake in S3 (as of
 * `connect`); `files`, which take the place of the lake, also when dropped on the element. Events: `tap-select`,
 * `tap-zoom`, `tap-length` and `tap-funnel` of its charts leave it too; `tap-sql` (`{ sql }`) comes before the page
 * `/sql/` is opened with a question, unless prevented. Parts: `tile`, and the charts' `chart`, `mark`,
 * `table`, `field` and `button`. Colours: the custom properties `--tap-*`.
 */
export class TaphouseDashboard extends LitElement {
  static override properties = {
    lake: { type: String },
    live: { type: String },
    funnel: { type: String },
    alertSec: { type: Number, attribute: 'alert-sec' },
    keepUrl: { type: Boolean, attribute: 'keep-url' },
    files: { attribute: false },
    credentials: { attribute: false },
    region: { type: String },
    dragging: { state: true },
    stage: { state: true },
    bytes: { state: true },
    rowsRead: { state: true },
    fault: { state: true },
    seen: { state: true },
    view: { state: true },
    liveState: { state: true },
    clicks: { state: true },
    open: { state: true },
    ongoing: { state: true },
    now: { state: true },
    isReading: { state: true },
    showsAllLines: { state: true },
    notice: { state: true },
  };
  static override styles = [theme, controlStyles, dashboardStyles];

  declare lake: string;
  declare live: string;
  declare funnel: string;
  declare alertSec: number;
  declare keepUrl: boolean;
  declare files: readonly GivenFile[] | null;
  declare credentials: Credentials | null;
  declare region: string | null;
  declare dragging: boolean;
  declare stage: Stage;
  declare bytes: { loaded: number; total: number };
  declare rowsRead: number;
  declare fault: string | null;
  declare seen: Seen | null;
  declare view: ViewState;
  declare liveState: LiveState;
  declare clicks: panels.LiveClick[];
  declare open: panels.OpenWindows | null;
  declare ongoing: OngoingSessions | null;
  declare now: number;
  declare isReading: boolean;
  declare showsAllLines: boolean;
  declare notice: string;

  readonly #events = new EventCounts({
    shown: () => (this.#data && this.seen ? { data: this.#data, seen: this.seen, view: this.view } : null),
    recount: () => this.#count(),
    changed: () => this.requestUpdate(),
    say: (words) => this.#say(words),
  });
  #data: DashboardData | null = null;
  #opening: Promise<DashboardData> | null = null;
  #stopLive = (): void => {};
  #endDrop = (): void => {};
  #ticking: ReturnType<typeof setInterval> | undefined;
  #waiting: ReturnType<typeof setTimeout> | undefined;
  #noticing: ReturnType<typeof setTimeout> | undefined;
  #frame = 0;
  #updatedAt = 0;
  /** What the numbers on screen were counted for. */
  #seenView: ViewState = firstView;
  #stopReading = new AbortController();
  /** Counts readings, so that an older one that ends late changes nothing. */
  #reading = 0;
  readonly #onBack = (): void => {
    this.view = fromQuery(location.search);
    this.#events.forget();
    this.#readOrSay();
  };

  constructor() {
    super();
    this.lake = '/lake/';
    this.live = '';
    this.funnel = '';
    this.alertSec = 20;
    this.keepUrl = false;
    this.files = null;
    this.credentials = null;
    this.region = null;
    this.dragging = false;
    this.stage = 'starting';
    this.bytes = { loaded: 0, total: 0 };
    this.rowsRead = 0;
    this.fault = null;
    this.seen = null;
    this.view = firstView;
    this.liveState = 'off';
    this.clicks = [];
    this.open = null;
    this.ongoing = null;
    this.now = Date.now();
    this.isReading = false;
    this.showsAllLines = false;
    this.notice = '';
  }

  override connectedCallback(): void {
    super.connectedCallback();
    if (this.keepUrl) {
      this.view = fromQuery(location.search);
      addEventListener('popstate', this.#onBack);
    }
    this.#events.steps = this.funnel.split(',').filter((step) => step !== '');
    if (this.live) {
      this.#stopLive = listenLive(this.live, {
        message: (message) => this.#hear(message),
        state: (state) => this.#turnLive(state),
      });
    }
    this.#ticking = setInterval(() => (this.now = Date.now()), 1000);
    this.#endDrop = listenForDrop(this, {
      over: (over) => (this.dragging = over),
      dropped: (files) => (this.files = files),
    });
    void this.#start();
  }

  override willUpdate(changed: PropertyValues<this>): void {
    const names = ['lake', 'files', 'credentials', 'region'] as const;
    if (this.hasUpdated && names.some((name) => changed.has(name))) this.#startAnew();
  }

  override disconnectedCallback(): void {
    removeEventListener('popstate', this.#onBack);
    this.#stopLive();
    this.#endDrop();
    clearInterval(this.#ticking);
    clearTimeout(this.#waiting);
    clearTimeout(this.#noticing);
    this.#events.end();
    cancelAnimationFrame(this.#frame);
    this.#leave();
    super.disconnectedCallback();
  }

  // Reading the lake

  #leave(): void {
    void this.#opening?.then(
      (data) => data.close(),
      () => {},
    );
    this.#opening = null;
    this.#data = null;
  }

  /** Another lake: nothing of this one stays. */
  #startAnew(): void {
    this.#reading += 1;
    this.isReading = false;
    this.#leave();
    this.seen = null;
    this.#events.forget();
    this.open = this.ongoing = null;
    // Files may be of any time.
    if (this.files) this.view = { ...firstView, range: 'all' };
    void this.#start();
  }

  async #start(): Promise<void> {
    this.stage = 'starting';
    this.fault = null;
    this.rowsRead = 0;
    const reading = this.#reading;
    const opening = (this.#opening ??= DashboardData.open(
      {
        ...(this.files ? { files: this.files } : { lake: this.lake }),
        ...(this.credentials ? { credentials: this.credentials } : {}),
        ...(this.region ? { region: this.region } : {}),
        onBytes: (loaded, total) => (this.bytes = { loaded, total }),
      },
      this.view,
    ));
    try {
      const data = await opening;
      if (opening !== this.#opening) return;
      this.#data = data;
      if (reading !== this.#reading) return;
      await this.#read();
    } catch (error) {
      // Another lake was asked for meanwhile.
      if (opening !== this.#opening) return;
      if (!this.#data) this.#opening = null;
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
    this.#stopReading = new AbortController();
    this.isReading = true;
    this.rowsRead = 0;
    try {
      await untilStopped(this.#readRows(data, this.#stopReading.signal), this.#stopReading.signal);
    } catch (error) {
      if (reading === this.#reading) throw error;
      return;
    } finally {
      if (reading === this.#reading) this.isReading = false;
    }
    if (reading !== this.#reading) return;
    this.#updatedAt = Date.now();
    this.fault = null;
    this.stage = 'ready';
    this.#count();
    void this.#events.ask();
  }

  #readOrSay(): void {
    this.#read().catch((error: unknown) => {
      this.fault = wordsOf(error);
      if (this.seen) this.#backToSeen();
    });
  }

  /** The view is again the one that the numbers on screen were counted for. */
  #backToSeen(): void {
    this.view = this.#seenView;
    this.#keepInUrl('quietly');
    void this.#events.ask();
  }

  /** A file may go while it is read, as when a day's files are merged into one: the manifest then names others. */
  async #readRows(data: DashboardData, signal: AbortSignal): Promise<void> {
    const reading = this.#reading;
    const options = { onRows: (rows: number): void => void (this.rowsRead = rows), signal };
    try {
      await data.read(this.view, options);
    } catch (error) {
      if (signal.aborted || reading !== this.#reading || !(await data.lake.refresh())) throw error;
      await data.read(this.view, options);
    }
  }

  /** Leaves the reading under way, and goes back to what is on screen. */
  #stop(): void {
    this.#reading += 1;
    this.#stopReading.abort(new DOMException('stopped by hand', 'AbortError'));
    this.isReading = false;
    if (!this.seen) {
      this.stage = 'stopped';
      return;
    }
    this.#backToSeen();
    this.#say('Stopped; these are the numbers from before');
  }

  #count(): void {
    if (!this.#data) return;
    this.seen = this.#data.see(this.view);
    this.#seenView = this.view;
  }

  // The live side

  #turnLive(state: LiveState): void {
    // What was said meanwhile was not heard.
    if (this.liveState === 'lost' && state === 'live') this.#refreshSoon();
    this.liveState = state;
    // Windows close on; how many are open now is not known until it is told again.
    if (state !== 'live') this.open = this.ongoing = null;
  }

  #hear(message: LiveMessage): void {
    if (this.files) return;
    if (message.event === 'clicks') {
      this.clicks = [...message.data.clicks.toReversed(), ...this.clicks].slice(0, mostClicks);
    }
    if (message.event === 'windows') this.open = message.data;
    if (message.event === 'ongoing') this.ongoing = message.data;
    if (message.event === 'sessions') this.#data?.hear(message.data.rows);
    if (message.event === 'lake' || message.event === 'sessions') this.#refreshSoon();
  }

  /** Reads the lake again, at most every `refreshMs`, and not more than a fifth of the time. */
  #refreshSoon(): void {
    if (this.stage !== 'ready') return;
    const pauseMs = Math.max(refreshMs, 5 * (this.seen?.tookMs ?? 0), 2 * this.#events.tookMs);
    this.#waiting ??= setTimeout(() => void this.#refresh(), pauseMs);
  }

  async #refresh(): Promise<void> {
    try {
      // A reading under way has the newer view; what is new in the lake waits for the next round.
      if (!this.isReading) {
        await this.#data?.lake.refresh();
        await this.#read();
      }
    } catch (error) {
      this.fault = wordsOf(error);
    } finally {
      this.#waiting = undefined;
    }
  }

  // What is shown

  /** Shows another view; `quietly` leaves no step behind for the back button, as while a slider is drawn. */
  #show(view: ViewState, how: 'at once' | 'read first', quietly = false): void {
    this.view = view;
    this.#keepInUrl(quietly ? 'quietly' : 'as a step');
    if (how === 'at once') {
      cancelAnimationFrame(this.#frame);
      this.#frame = requestAnimationFrame(() => {
        this.#count();
        this.#events.askSoon();
      });
      return;
    }
    this.#events.forget();
    this.#readOrSay();
  }

  #keepInUrl(how: 'as a step' | 'quietly'): void {
    if (!this.keepUrl) return;
    const query = toQuery(this.view);
    const url = query ? `?${query}` : location.pathname;
    if (how === 'quietly') history.replaceState(null, '', url);
    else history.pushState(null, '', url);
  }

  #slide(length: SessionLength): void {
    this.#show({ ...this.view, length }, 'at once', true);
  }

  #filter(filters: Filters): void {
    const view = toggled(this.view, filters);
    this.#show(view, this.#data?.has(view) ? 'at once' : 'read first');
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
      @tap-funnel=${(event: CustomEvent<string[]>) => this.#events.follow(event.detail)}
    >
      ${this.#header()} ${this.files ? panels.filesNote(this.files.length, () => (this.files = null)) : nothing}
      ${this.dragging ? html`<div class="drop">Drop Parquet files, or the folder of a lake</div>` : nothing}
      ${this.stage === 'ready' && this.fault ? panels.staleNote(this.#updatedAt, this.fault) : nothing}
      ${this.stage === 'ready' && this.isReading ? panels.busyNote(this.rowsRead, () => this.#stop()) : nothing}
      ${panels.openWindows(this.open, { user: this.view.filters.user, now: this.now })} ${this.#body()}
      <taphouse-session></taphouse-session>
    </main>`;
  }

  #header(): TemplateResult {
    const { view, now, liveState, notice } = this;
    return dashboardHeader(
      { view, now, liveState, notice, updatedAt: this.#updatedAt },
      {
        show: (next) => this.#show(next, 'read first'),
        zoom: (range) => this.#zoom(range),
        filter: (filters) => this.#filter(filters),
        clearFilters: () => this.#show({ ...this.view, filters: {} }, 'at once'),
        copyLink: () => void this.#copyLink(),
      },
    );
  }

  #body(): TemplateResult {
    const { seen, stage } = this;
    const again = (): void => void this.#start();
    if (stage === 'failed') return panels.failedPanel(this.fault ?? '', again);
    if (stage === 'stopped') return panels.stoppedPanel(again);
    if (!seen) return panels.startingPanel({ bytes: this.bytes, rows: this.rowsRead }, () => this.#stop());
    const strip = panels.clickStrip(this.clicks, this.live !== '');
    if (this.#data?.empty) return html`<div class="grid">${panels.emptyPanel()} ${strip}</div>`;
    const { open, ongoing, showsAllLines, clicks, alertSec } = this;
    const { knowsTypes, topEvents, asking, steps, stepCounts } = this.#events;
    // The clock in the header moves each second; the tiles need not.
    return html`${guard(
      [
        seen,
        open?.total,
        ongoing?.total,
        knowsTypes,
        topEvents,
        asking,
        steps,
        stepCounts,
        showsAllLines,
        clicks,
        alertSec,
      ],
      () => this.#grid(seen, strip),
    )}`;
  }

  #grid(seen: Seen, strip: TemplateResult): TemplateResult {
    const { alertSec } = this;
    const { knowsTypes } = this.#events;
    const choose = (filters: Filters): void => this.#filter(filters);
    return html`<div class="grid">
      ${tiles.numbersTile(seen, this.ongoing ?? this.open)}
      ${tiles.lengthTile(seen, { length: this.view.length, stepMs: this.#data?.stepMs ?? 30_000 })}
      ${tiles.overTimeTile(seen)} ${strip} ${tiles.treeTile(seen, knowsTypes)} ${tiles.durationTile(seen, alertSec)}
      ${tiles.typesTile(seen, { knowsTypes, choose })} ${this.#eventsTile(seen, choose)} ${this.#funnelTile(seen)}
      ${tiles.flowTile(seen)} ${tiles.hoursTile(seen)} ${tiles.retentionTile(seen)} ${this.#latestTile(seen, choose)}
    </div>`;
  }

  #asked(seen: Seen): tiles.AskedState {
    return {
      asking: this.#events.asking,
      events: this.#data?.eventsIn(seen.ask) ?? 0,
      stop: () => this.#events.stop(),
      again: () => this.#events.askAgain(),
    };
  }

  #eventsTile(seen: Seen, choose: (filters: Filters) => void): TemplateResult {
    return tiles.eventsTile(seen, { ...this.#asked(seen), counts: this.#events.topEvents, choose });
  }

  #funnelTile(seen: Seen): TemplateResult {
    const { steps, stepCounts: counts, topEvents } = this.#events;
    const known = [...(this.#data?.names ?? []), ...(topEvents ?? []).map((row) => row.client_event)];
    return tiles.funnelTile(seen, { ...this.#asked(seen), steps, names: [...new Set(known)].toSorted(), counts });
  }

  #latestTile(seen: Seen, filter: (filters: Filters) => void): TemplateResult {
    return tiles.latestTile(seen, {
      alertSec: this.alertSec,
      showsAll: this.showsAllLines,
      showAll: () => (this.showsAllLines = !this.showsAllLines),
      act: { filter, open: (line) => void this.#openSession(line) },
    });
  }

  // What a hand asks for

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

  async #saveParquet({ detail }: ParquetEvent): Promise<void> {
    if (!this.#data || !this.seen) return;
    this.#say(`Writing ${detail.name}.parquet…`);
    try {
      const bytes = await parquetOf(this.#data.lake, detail.question);
      saveFile(`${detail.name}.parquet`, 'application/vnd.apache.parquet', bytes);
      this.#say(`Wrote ${detail.name}.parquet, ${formatCount(bytes.length)} bytes`);
    } catch (error) {
      this.#say(wordsOf(error));
    }
  }

  async #copyLink(): Promise<void> {
    const { fromAt, toAt } = rangeOf(this.view.range, this.now);
    const link = new URL(`?${toQuery({ ...this.view, range: { fromAt, toAt } })}`, location.href).href;
    try {
      await navigator.clipboard.writeText(link);
      this.#say('Link copied, with the range as fixed times');
    } catch {
      // To be copied by hand, which takes its time.
      clearTimeout(this.#noticing);
      this.notice = link;
    }
  }

  #say(words: string): void {
    this.notice = words;
    clearTimeout(this.#noticing);
    this.#noticing = setTimeout(() => (this.notice = ''), noticeMs);
  }
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
