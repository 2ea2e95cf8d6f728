import { html, nothing, type TemplateResult } from 'lit';

import { formatAge, formatTime } from '../format.ts';
import type { Filters, TimeRange } from '../model/tally.ts';
import { filterWords } from './filter-words.ts';
import type { LiveState } from '../live-feed.ts';
import { presets, rangeOf, type ViewState } from './view-state.ts';

export interface HeaderState {
  view: ViewState;
  now: number;
  liveState: LiveState;
  /** When the lake was read last, 0 for never. */
  updatedAt: number;
  notice: string;
}

export interface HeaderActions {
  show(view: ViewState): void;
  zoom(range: TimeRange): void;
  filter(filters: Filters): void;
  clearFilters(): void;
  copyLink(): void;
}

/** What is on screen, in words and as controls: range, comparison, filters. */
export function dashboardHeader(state: HeaderState, act: HeaderActions): TemplateResult {
  const { view } = state;
  return html`<header>
    <div>
      <h1>Sessions</h1>
      <p class="lead">${rangeWords(state)} ${liveLight(state)}</p>
    </div>
    <div class="controls">
      <div class="choice" role="group" aria-label="Range">
        ${presets.map(
          ({ id, name, about }) =>
            html`<button
              type="button"
              title=${about}
              aria-pressed=${String(id === view.range)}
              @click=${() => act.show({ ...view, range: id })}
            >
              ${name}
            </button>`,
        )}
      </div>
      ${dates(state, act)}
      <button
        type="button"
        class="toggle"
        aria-pressed=${String(view.compare)}
        title="With the period of the same length before"
        @click=${() => act.show({ ...view, compare: !view.compare })}
      >
        Compare
      </button>
      <button type="button" class="toggle" @click=${() => act.copyLink()}>Copy link</button>
    </div>
    ${chips(view.filters, act)}
    <p class="notice" role="status">${state.notice}</p>
  </header>`;
}

function rangeWords({ view: { range }, now }: HeaderState): string {
  const preset = presets.find(({ id }) => id === range);
  if (preset) return `That begin in ${preset.about.replace(/^since/, 'the time since')}.`.replace('in all', 'at any');
  const { fromAt, toAt } = rangeOf(range, now);
  return `That begin from ${formatTime(fromAt)} to ${formatTime(toAt)} UTC.`;
}

function liveLight({ liveState, updatedAt, now }: HeaderState): TemplateResult {
  const words = { connecting: 'connecting', live: 'live', lost: 'connection lost, trying again', off: 'not live' };
  const age = updatedAt ? `, read ${formatAge(now - updatedAt)}` : '';
  return html`<span class="state"><span class="dot ${liveState}"></span>${words[liveState]}${age}</span>`;
}

function dates({ view, now }: HeaderState, act: HeaderActions): TemplateResult {
  const { fromAt, toAt } = rangeOf(view.range, now);
  const set = (side: 'fromAt' | 'toAt') => (event: Event) => {
    const at = Date.parse(`${(event.target as HTMLInputElement).value}Z`);
    const range = { fromAt: Math.max(0, fromAt), toAt, [side]: at };
    if (range.fromAt < range.toAt) act.zoom(range);
  };
  return html`<details class="dates" @keydown=${closeByEscape} @focusout=${closeWhenLeft}>
    <summary>Dates</summary>
    <div class="sheet">
      <label>From, UTC <input type="datetime-local" .value=${minuteOf(fromAt)} @change=${set('fromAt')} /></label>
      <label>To, UTC <input type="datetime-local" .value=${minuteOf(toAt)} @change=${set('toAt')} /></label>
    </div>
  </details>`;
}

function closeByEscape(event: KeyboardEvent): void {
  const sheet = event.currentTarget as HTMLDetailsElement;
  if (event.key !== 'Escape' || !sheet.open) return;
  sheet.open = false;
  sheet.querySelector('summary')?.focus();
}

/** Where the focus goes is not known while the browser's own calendar has it. */
function closeWhenLeft(event: FocusEvent): void {
  const sheet = event.currentTarget as HTMLDetailsElement;
  if (event.relatedTarget instanceof Node && !sheet.contains(event.relatedTarget)) sheet.open = false;
}

function chips(filters: Filters, act: HeaderActions): TemplateResult | typeof nothing {
  const set = filterWords(filters);
  if (set.length === 0) return nothing;
  return html`<ul class="chips" aria-label="Filters">
    ${set.map(
      ({ words, filter }) =>
        html`<li>
          <button type="button" aria-label="Without the filter ${words}" @click=${() => act.filter(filter)}>
            ${words} <span aria-hidden="true">✕</span>
          </button>
        </li>`,
    )}
    <li>
      <button type="button" class="plain" @click=${() => act.clearFilters()}>Clear all</button>
    </li>
  </ul>`;
}

/** As an input of type datetime-local has it. */
function minuteOf(at: number): string {
  return new Date(at).toISOString().slice(0, 16);
}
