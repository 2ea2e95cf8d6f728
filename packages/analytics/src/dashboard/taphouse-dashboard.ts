import type { LiveMessage } from '@taphouse/schema';
import { html, LitElement, nothing, type TemplateResult } from 'lit';

import { type Connection, connect } from '../connect.ts';
import { formatAge, formatClock, formatCount, formatDuration, formatTime } from '../format.ts';
import { dashboardStyles } from './dashboard-styles.ts';
import { listenLive, type LiveState } from './live-feed.ts';
import { type Picture, takePicture } from './picture.ts';
import { type Preset, presets, rangeOf } from './range.ts';
import { theme } from './theme.ts';

type Stage = 'starting' | 'ready' | 'failed';
type LiveClick = Extract<LiveMessage, { event: 'clicks' }>['data']['clicks'][number];

const none = html`<div class="nothing">No session in this range</div>`;
/** Shortest time between two readings of the lake. */
const refreshMs = 2_000;
const mostClicks = 40;

/**
 * `<taphouse-dashboard lake="/lake/" live="/v1/live">`: the sessions of a lake, as they happen.
 * Attributes: `lake`, URL of the lake folder; `live`, URL of the server-sent events, none if absent.
 */
export class TaphouseDashboard extends LitElement {
  static override properties = {
    lake: { type: String },
    live: { type: String },
    stage: { state: true },
    bytes: { state: true },
    fault: { state: true },
    picture: { state: true },
    preset: { state: true },
    liveState: { state: true },
    clicks: { state: true },
    openNow: { state: true },
    stepMs: { state: true },
    now: { state: true },
  };
  static override styles = [theme, dashboardStyles];

  declare lake: string;
  declare live: string;
  declare stage: Stage;
  declare bytes: { loaded: number; total: number };
  declare fault: string | null;
  declare picture: Picture | null;
  declare preset: Preset;
  declare liveState: LiveState;
  declare clicks: LiveClick[];
  declare openNow: number | null;
  declare stepMs: number | null;
  declare now: number;

  #connection: Connection | null = null;
  #stopLive = (): void => {};
  #ticking: ReturnType<typeof setInterval> | undefined;
  #waiting: ReturnType<typeof setTimeout> | undefined;
  #updatedAt = 0;

  constructor() {
    super();
    this.lake = '/lake/';
    this.live = '';
    this.stage = 'starting';
    this.bytes = { loaded: 0, total: 0 };
    this.fault = null;
    this.picture = null;
    this.preset = 'day';
    this.liveState = 'off';
    this.clicks = [];
    this.openNow = null;
    this.stepMs = null;
    this.now = Date.now();
  }

  override connectedCallback(): void {
    super.connectedCallback();
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
    this.#stopLive();
    clearInterval(this.#ticking);
    clearTimeout(this.#waiting);
    void this.#connection?.close();
    this.#connection = null;
    super.disconnectedCallback();
  }

  async #start(): Promise<void> {
    this.stage = 'starting';
    this.fault = null;
    try {
      this.#connection = await connect({
        lake: this.lake,
        onBytes: (loaded, total) => (this.bytes = { loaded, total }),
      });
      await this.#look();
      this.stage = 'ready';
    } catch (error) {
      this.fault = wordsOf(error);
      this.stage = 'failed';
    }
  }

  async #look(): Promise<void> {
    const lake = this.#connection;
    if (!lake) return;
    this.picture = await takePicture(lake, rangeOf(this.preset, Date.now()));
    const steps = lake.manifests().aggregated?.files.map((file) => file.stepMs ?? 0) ?? [];
    if (steps.length > 0) this.stepMs = Math.max(...steps);
    this.#updatedAt = Date.now();
  }

  #hear(message: LiveMessage): void {
    if (message.event === 'clicks')
      this.clicks = [...message.data.clicks.toReversed(), ...this.clicks].slice(0, mostClicks);
    if (message.event === 'windows') {
      this.openNow = message.data.total;
      this.stepMs ??= message.data.stepMs;
    }
    if (message.event === 'lake') this.#refreshSoon();
  }

  #refreshSoon(): void {
    if (this.stage !== 'ready') return;
    this.#waiting ??= setTimeout(() => {
      this.#waiting = undefined;
      void this.#refresh();
    }, refreshMs);
  }

  async #refresh(): Promise<void> {
    try {
      await this.#connection?.refresh();
      await this.#look();
      this.fault = null;
    } catch (error) {
      this.fault = wordsOf(error);
    }
  }

  #choose(preset: Preset): void {
    this.preset = preset;
    void this.#refresh();
  }

  override render(): TemplateResult {
    return html`<main>
      ${this.#header()} ${this.stage === 'ready' && this.fault ? this.#stale() : nothing} ${this.#body()}
    </main>`;
  }

  #header(): TemplateResult {
    return html`<header>
      <div>
        <h1>Sessions</h1>
        <p class="lead">${this.#definition()}</p>
      </div>
      <div class="controls">
        ${this.#liveLight()}
        <div class="choice" role="group" aria-label="Range">
          ${presets.map(
            ({ id, name, about }) =>
              html`<button
                type="button"
                title=${about}
                aria-pressed=${String(id === this.preset)}
                @click=${() => this.#choose(id)}
              >
                ${name}
              </button>`,
          )}
        </div>
      </div>
    </header>`;
  }

  #definition(): string {
    const step = this.stepMs ? formatDuration(this.stepMs / 1000) : 'one step';
    return `A session is what one visitor does on one device within a stagger window of ${step}. Times are UTC.`;
  }

  #liveLight(): TemplateResult {
    const words = { connecting: 'connecting', live: 'live', lost: 'connection lost, trying again', off: 'not live' };
    const age = this.#updatedAt ? `, updated ${formatAge(this.now - this.#updatedAt)}` : '';
    return html`<span class="state" role="status">
      <span class="dot ${this.liveState}"></span>${words[this.liveState]}${age}
    </span>`;
  }

  #stale(): TemplateResult {
    return html`<p class="stale" role="alert">
      These numbers are from ${formatTime(this.#updatedAt)} UTC; the last reading failed: ${this.fault}
    </p>`;
  }

  #body(): TemplateResult {
    if (this.stage === 'failed') return this.#failed();
    if (!this.picture) return this.#starting();
    const nothingYet = this.picture.sessions === 0 && this.#connection?.manifests().aggregated == null;
    return html`<div class="grid">
      ${this.#numbers(this.picture)} ${nothingYet ? this.#empty() : this.#overTime(this.picture)} ${this.#strip()}
      ${nothingYet ? nothing : [this.#charts(this.picture), this.#latest(this.picture)]}
      ${nothingYet ? nothing : this.#latest(this.picture)}
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
    return html`<section class="panel" aria-busy="true">
      <h2>Pouring the database</h2>
      <p>
        DuckDB runs in this page and reads the lake by itself. It is fetched once.
        ${loaded ? html`<br />${megabytes(loaded)}${total ? html` of ${megabytes(total)}` : nothing} MB` : nothing}
      </p>
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

  #numbers(picture: Picture): TemplateResult {
    const numbers = [
      ['Sessions', formatCount(picture.sessions), 'that begin in the range, rows of one window merged'],
      ['Events', formatCount(picture.events), 'distinct clicks in these sessions'],
      ['Visitors', formatCount(picture.visitors), 'distinct user_id'],
      [
        'Median duration',
        picture.median_sec === null ? '–' : formatDuration(picture.median_sec),
        'first to last event; half of the sessions are shorter',
      ],
      [
        'Open now',
        this.openNow === null ? '–' : formatCount(this.openNow),
        'windows not yet closed, from the live side',
      ],
    ];
    return html`<dl class="numbers span-12">
      ${numbers.map(
        ([name, value, meaning]) =>
          html`<div class="number">
            <dt>${name}</dt>
            <dd class="value">${value}</dd>
            <dd class="meaning">${meaning}</dd>
          </div>`,
      )}
    </dl>`;
  }

  #overTime(picture: Picture): TemplateResult {
    return html`<section class="span-8">
      <h2>Sessions over time</h2>
      <p>by begin, in bars of ${formatDuration(picture.bucketMs / 1000)}, UTC</p>
      ${
        picture.sessions > 0
          ? html`<taphouse-over-time .points=${picture.overTime} .bucketMs=${picture.bucketMs}></taphouse-over-time>`
          : none
      }
    </section>`;
  }

  #charts(picture: Picture): TemplateResult {
    const some = picture.sessions > 0;
    return html`<section class="span-6">
        <h2>Time spent, by device</h2>
        <p>size: seconds in sessions; the stronger the colour, the more events</p>
        ${some ? html`<taphouse-treemap .devices=${picture.devices}></taphouse-treemap>` : none}
      </section>
      <section class="span-6">
        <h2>Sessions by duration</h2>
        <p>seconds from first to last event; a session of one event lasts 0</p>
        ${some ? html`<taphouse-by-duration .counts=${picture.byDuration}></taphouse-by-duration>` : none}
      </section>`;
  }

  #strip(): TemplateResult {
    return html`<section class="span-4 live">
      <h2>As it happens</h2>
      <p>clicks as the collector takes them, newest first</p>
      ${
        this.clicks.length === 0
          ? html`<div class="nothing">${this.live ? 'Waiting for a click' : 'No live side on this lake'}</div>`
          : html`<ul class="strip">
              ${this.clicks.map(
                (click) =>
                  html`<li>
                    <span class="muted">${formatClock(click.received_at)}</span>
                    <span class="cut" title=${click.client_event}>${click.client_event}</span>
                    <span class="muted cut">${click.user_id} · ${click.device_id.slice(0, 8)}</span>
                  </li>`,
              )}
            </ul>`
      }
    </section>`;
  }

  #latest(picture: Picture): TemplateResult {
    return html`<section class="span-12">
      <h2>Latest sessions</h2>
      <p>the newest ${picture.latest.length} by begin, UTC</p>
      <div class="scroll" tabindex="0" role="region" aria-label="Latest sessions">
        <table>
          <thead>
            <tr>
              <th>Begin</th>
              <th>Visitor</th>
              <th>Device</th>
              <th class="right">Events</th>
              <th class="right">Duration</th>
              <th>First</th>
              <th>Last</th>
              <th>Session</th>
            </tr>
          </thead>
          <tbody>
            ${picture.latest.map(
              (line) =>
                html`<tr>
                  <td>${formatTime(line.beginsession)}</td>
                  <td>${line.user_id}</td>
                  <td title=${line.device_id}>${line.device_id}</td>
                  <td class="right">${formatCount(line.events)}</td>
                  <td class="right">${formatDuration(line.duration_sec)}</td>
                  <td>${line.beginnavigation}</td>
                  <td>${line.endnavigation}</td>
                  <td class="muted">${line.session_id}</td>
                </tr>`,
            )}
          </tbody>
        </table>
      </div>
    </section>`;
  }
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}
