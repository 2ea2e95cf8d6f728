import type { LiveMessage } from '@taphouse/schema';
import { html, nothing, type TemplateResult } from 'lit';

import { formatCount, formatDuration } from '../format.ts';
import type { Picture } from '../model/tally.ts';
import { queries } from '../sql/queries.ts';
import { questionLink } from './question-link.ts';
import type { Seen } from './dashboard-data.ts';

/** Sessions going on, as the live side tells of them where it follows them. */
export type OngoingSessions = Extract<LiveMessage, { event: 'ongoing' }>['data'];

/** What is open now: sessions going on, or windows. */
export type OpenNow = Pick<OngoingSessions, 'total'> & Partial<Pick<OngoingSessions, 'gapMs'>>;

interface Headline {
  name: string;
  meaning: string;
  read: (picture: Picture) => number | null;
  write: (value: number) => string;
}

const headlines: readonly Headline[] = [
  { name: 'Sessions', meaning: 'that begin in the range', read: (seen) => seen.sessions, write: formatCount },
  { name: 'Events', meaning: 'distinct events in these sessions', read: (seen) => seen.events, write: formatCount },
  {
    name: 'Visitors',
    meaning: 'distinct user_id of these sessions',
    read: (seen) => seen.visitors,
    write: formatCount,
  },
  {
    name: 'Median duration',
    meaning: 'first to last event; half are shorter',
    read: (seen) => seen.median_sec,
    write: formatDuration,
  },
  {
    name: 'One event only',
    meaning: 'share of sessions of a single event',
    read: (seen) => (seen.sessions === 0 ? null : seen.single / seen.sessions),
    write: (share) => `${Math.round(share * 100)} %`,
  },
];

/** The numbers as one row, as `queries.headline` gives them. */
export function headlineRow({ sessions, events, visitors, median_sec, p90_sec, total_sec, single }: Picture): object {
  return { sessions, events, visitors, median_sec, p90_sec, total_sec, single };
}

/** The large numbers, each with what it means, the change from the period before, and its SQL. */
export function numbersOf(seen: Seen, openNow: OpenNow | null): TemplateResult {
  const question = queries.headline(seen.ask);
  return html`<dl class="numbers">
    ${headlines.map((headline) => {
      const value = headline.read(seen.picture);
      return html`<div class="number">
        <dt>${headline.name}</dt>
        <dd class="value">${value === null ? '–' : headline.write(value)}${change(headline, seen)}</dd>
        <dd class="meaning">${headline.meaning} ${questionLink(question, headline.name)}</dd>
      </div>`;
    })}
    <div class="number">
      <dt>Open now</dt>
      <dd class="value">${openNow === null ? '–' : formatCount(openNow.total)}</dd>
      <dd class="meaning">
        ${openNow?.gapMs ? `sessions going on, live; ${formatDuration(openNow.gapMs / 1000)} of silence end one` : 'windows not yet closed, live'}
      </dd>
    </div>
  </dl>`;
}

function change({ read, write }: Headline, { picture, before }: Seen): TemplateResult | typeof nothing {
  const now = read(picture);
  const then = before ? read(before) : null;
  if (now === null || then === null) return nothing;
  const percent = then === 0 ? null : Math.round(((now - then) / then) * 100);
  const words = percent === null ? 'new' : `${percent > 0 ? '+' : ''}${percent} %`;
  return html`<span class="change" title="${write(then)} in the period before">${words}</span>`;
}
