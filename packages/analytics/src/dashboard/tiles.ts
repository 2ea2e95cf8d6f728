/** The tiles of the dashboard: each a chart, the rows behind it, and the question that gives them in SQL. */
import { html, nothing, type TemplateResult } from 'lit';

import { formatCount, formatDuration } from '../format.ts';
import type { Filters, Picture } from '../model/tally.ts';
import { queries } from '../sql/queries.ts';
import type { Question } from '../sql/question.ts';
import { countBars } from './count-bars.ts';
import type { Seen } from './dashboard-data.ts';
import { weekdays } from './filter-words.ts';
import type { FunnelStep } from './funnel.ts';
import { headlineRow, numbersOf, type OpenNow } from './headline.ts';
import { type LatestActions, latestTable } from './latest-table.ts';
import { lengthsFrom } from './session-lengths.ts';
import { noSession } from './panels.ts';

export interface EventCount {
  client_event: string;
  events: number;
  visitors: number;
}

/** How the questions to the tables of single events stand. `many`: so many that one is asked first. */
export type Asking = 'counting' | 'counted' | 'stopped' | 'many' | 'failed';

const fewLines = 12;
const mostBars = 10;

interface TileParts {
  span: 4 | 6 | 8 | 12;
  heading: string;
  about: string;
  rows: readonly object[];
  question: Question | null;
  chart: TemplateResult;
}

function tile({ span, heading, about, rows, question, chart }: TileParts): TemplateResult {
  return html`<taphouse-tile
    part="tile"
    class="span-${span}"
    .heading=${heading}
    .about=${about}
    .rows=${rows}
    .question=${question}
    >${chart}</taphouse-tile
  >`;
}

/** A tile does not apply the filters that it sets itself, or nothing else could be chosen. */
function without(seen: Seen, ...names: (keyof Filters)[]): Seen['ask'] {
  const filters = Object.entries(seen.ask.filters ?? {}).filter(([name]) => !names.includes(name as keyof Filters));
  return { ...seen.ask, filters: Object.fromEntries(filters) };
}

export function numbersTile(seen: Seen, openNow: OpenNow | null): TemplateResult {
  return tile({
    span: 12,
    heading: 'At a glance',
    about: seen.before ? 'In small: the change from the period before.' : 'Each number with what it counts.',
    rows: [headlineRow(seen.picture)],
    question: queries.headline(seen.ask),
    chart: numbersOf(seen, openNow),
  });
}

export function lengthTile(
  seen: Seen,
  { length, stepMs }: { length: Seen['ask']['length']; stepMs: number },
): TemplateResult {
  const gapsMs = lengthsFrom(stepMs);
  const took = Math.max(1, Math.round(seen.tookMs));
  const note = `${formatCount(seen.rows)} rows made into sessions and counted in ${took} ms`;
  return tile({
    span: 12,
    heading: 'Session length',
    about:
      'How long a visitor may pause within a session. The curve: sessions of the range for each length, filters aside.',
    rows: gapsMs.map((gapMs, index) => ({ pause_sec: gapMs / 1000, sessions: seen.curve[index] ?? 0 })),
    question: queries.byLength({ fromAt: seen.ask.fromAt, toAt: seen.ask.toAt, gapsMs }),
    chart: html`<taphouse-length
      exportparts="chart, field"
      .length=${length ?? 'windows'}
      .stepMs=${stepMs}
      .curve=${seen.curve}
      .note=${note}
    ></taphouse-length>`,
  });
}

export function overTimeTile({ ask, picture, before, shiftMs }: Seen): TemplateResult {
  const { bucketMs, overTime } = picture;
  const earlier = before?.overTime.map((bar) => ({ ...bar, bucket: new Date(bar.bucket.getTime() + shiftMs) })) ?? [];
  return tile({
    span: 8,
    heading: 'Sessions over time',
    about: `By begin, UTC, in bars of ${formatDuration(bucketMs / 1000)}. Choose a bar to look closer.${before ? ' Dashed: the period before.' : ''}`,
    rows: overTime,
    question: queries.overTime({ ...ask, bucketMs }),
    chart: some(
      picture,
      html`<taphouse-over-time
        exportparts="chart, mark"
        .points=${overTime}
        .earlier=${earlier}
        .bucketMs=${bucketMs}
      ></taphouse-over-time>`,
    ),
  });
}

export function treeTile(seen: Seen, knowsTypes: boolean): TemplateResult {
  const { tree } = seen.picture;
  return tile({
    span: 6,
    heading: 'Time spent, by device',
    about: 'Size: seconds in sessions, by type of device and first event. The stronger the colour, the more events.',
    rows: tree,
    question: queries.deviceTree(without(seen, 'type', 'first')),
    chart: knowsTypes
      ? someOf(
          tree,
          html`<taphouse-treemap
            exportparts="chart, mark"
            .cells=${tree}
            .chosen=${seen.ask.filters ?? {}}
          ></taphouse-treemap>`,
        )
      : readingDevices,
  });
}

export function typesTile(
  seen: Seen,
  { knowsTypes, choose }: { knowsTypes: boolean; choose: (filters: Filters) => void },
): TemplateResult {
  const { types } = seen.picture;
  const all = types.reduce((sum, type) => sum + type.sessions, 0);
  const rows = types.map(({ device_type, sessions, visitors }) => ({
    name: device_type,
    count: sessions,
    beside: `${Math.round((100 * sessions) / all)} %, ${formatCount(visitors)} visitors`,
  }));
  return tile({
    span: 4,
    heading: 'Devices',
    about: 'Sessions by type of device, as the events of the device say; unknown where none does.',
    rows: types,
    question: queries.devices(without(seen, 'type')),
    chart: knowsTypes
      ? someOf(types, countBars(rows, { chosen: seen.ask.filters?.type, choose: (type) => choose({ type }) }))
      : readingDevices,
  });
}

const readingDevices = html`<div class="nothing" role="status">Reading devices…</div>`;

export function durationTile(seen: Seen, alertSec: number): TemplateResult {
  const { byDuration } = seen.picture;
  return tile({
    span: 6,
    heading: 'Sessions by duration',
    about:
      'Seconds from first to last event, whole; a session of one event lasts 0. Each bar is a longer stretch than the one before it.',
    rows: byDuration,
    question: queries.byDuration(without(seen, 'duration')),
    chart: someOf(
      byDuration,
      html`<taphouse-by-duration
        exportparts="chart, mark"
        .counts=${byDuration}
        .chosen=${seen.ask.filters?.duration ?? null}
        .alertSec=${alertSec}
      ></taphouse-by-duration>`,
    ),
  });
}

export function flowTile({ ask, picture }: Seen): TemplateResult {
  return tile({
    span: 6,
    heading: 'From begin to end',
    about: 'Left: the first event of a session; right: its last. Width: sessions.',
    rows: picture.flow,
    question: queries.pairs(ask),
    chart: some(
      picture,
      html`<taphouse-flow
        exportparts="chart, mark"
        .flow=${picture.flow}
        .chosen=${ask.filters ?? {}}
      ></taphouse-flow>`,
    ),
  });
}

export function hoursTile(seen: Seen): TemplateResult {
  const { hours } = seen.picture;
  return tile({
    span: 6,
    heading: 'When they come',
    about: 'Sessions by weekday and hour of their begin, UTC.',
    rows: hours.map((sessions, place) => ({ weekday: weekdays[Math.floor(place / 24)], hour: place % 24, sessions })),
    question: queries.hours(without(seen, 'hour')),
    chart: someOf(
      hours.filter((count) => count > 0),
      html`<taphouse-hours
        exportparts="chart, mark"
        .hours=${hours}
        .chosen=${seen.ask.filters?.hour ?? null}
      ></taphouse-hours>`,
    ),
  });
}

export interface AskedState {
  asking: Asking;
  /** Events that would be gone through. */
  events: number;
  stop: () => void;
  again: () => void;
}

export function eventsTile(
  seen: Seen,
  {
    counts,
    choose,
    ...state
  }: AskedState & { counts: readonly EventCount[] | null; choose: (filters: Filters) => void },
): TemplateResult {
  const rows = (counts ?? []).slice(0, mostBars).map(({ client_event, events, visitors }) => ({
    name: client_event,
    count: events,
    beside: `${formatCount(visitors)} visitors`,
  }));
  return tile({
    span: 4,
    heading: 'Top events',
    about:
      'Distinct events within these sessions, and how many visitors sent them. Choose one to see the sessions with it.',
    rows: counts ?? [],
    question: queries.topEvents(without(seen, 'event')),
    chart: counts
      ? someOf(counts, countBars(rows, { chosen: seen.ask.filters?.event, choose: (event) => choose({ event }) }))
      : askedState(state),
  });
}

export function funnelTile(
  { ask }: Seen,
  {
    steps,
    names,
    counts,
    ...state
  }: AskedState & { steps: readonly string[]; names: readonly string[]; counts: FunnelStep[] | null },
): TemplateResult {
  return tile({
    span: 4,
    heading: 'Funnel',
    about: 'Sessions with these events in this order; others may lie between.',
    rows: counts ?? [],
    question: steps.length > 0 ? queries.funnel({ ...ask, steps }) : null,
    chart: html`<taphouse-funnel
        exportparts="field, button"
        .steps=${steps}
        .names=${names}
        .counts=${counts}
      ></taphouse-funnel>
      ${counts || steps.length === 0 || state.asking === 'counting' ? nothing : askedState(state)}`,
  });
}

/** What stands in place of numbers that the tables of single events have not given. */
function askedState({ asking, events, stop, again }: AskedState): TemplateResult {
  const words: Record<Asking, string> = {
    counting: 'Counting events…',
    counted: 'Counting events…',
    stopped: 'Stopped before they were counted',
    many: `Not counted yet: ${formatCount(events)} events may take a minute`,
    failed: 'Not counted: the last question failed, as said above',
  };
  const underWay = asking === 'counting' || asking === 'counted';
  return html`<div class="nothing" role="status">
    <span>${words[asking]}</span>
    <button class="toggle" type="button" @click=${underWay ? stop : again}>${underWay ? 'Stop' : 'Count them'}</button>
  </div>`;
}

export function retentionTile({ ask, picture }: Seen): TemplateResult {
  return tile({
    span: 12,
    heading: 'Who comes again',
    about:
      'Of the visitors first seen in a week (from Monday, UTC; within the last 12 weeks of the range), the share with a session n weeks later.',
    rows: picture.retention,
    question: queries.retention(ask),
    chart: some(
      picture,
      html`<taphouse-retention exportparts="table" .cells=${picture.retention}></taphouse-retention>`,
    ),
  });
}

export function latestTile(
  { ask, picture }: Seen,
  {
    alertSec,
    showsAll,
    showAll,
    act,
  }: { alertSec: number; showsAll: boolean; showAll: () => void; act: LatestActions },
): TemplateResult {
  const { latest } = picture;
  const lines = showsAll ? latest : latest.slice(0, fewLines);
  return tile({
    span: 12,
    heading: 'Latest sessions',
    about:
      'Newest begin first, UTC. Choose a session to see its events; a visitor, device or event to see only theirs.',
    rows: latest,
    question: queries.latest(ask),
    chart: html`${some(picture, latestTable(lines, { alertSec, act }))}
    ${
      latest.length > fewLines
        ? html`<button class="plain" type="button" @click=${showAll}>
            ${showsAll ? 'Show fewer' : `Show ${latest.length}`}
          </button>`
        : nothing
    }`,
  });
}

function some(picture: Picture, chart: TemplateResult): TemplateResult {
  return picture.sessions > 0 ? chart : noSession;
}

function someOf(rows: readonly unknown[], chart: TemplateResult): TemplateResult {
  return rows.length > 0 ? chart : noSession;
}
