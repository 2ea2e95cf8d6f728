import type { LiveMessage } from '@taphouse/schema';
import { html, nothing, type TemplateResult } from 'lit';

import { formatClock, formatCount, formatTime } from '../format.ts';

export type OpenWindows = Extract<LiveMessage, { event: 'windows' }>['data'];
export type LiveClick = Extract<LiveMessage, { event: 'clicks' }>['data']['clicks'][number];

/** What stands where there is nothing to draw. */
export const noSession = html`<div class="nothing">No session in this range, with these filters</div>`;

/** The lake, or the database itself, did not open. */
export function failedPanel(fault: string, again: () => void): TemplateResult {
  return html`<section class="panel" role="alert">
    <h2>The lake did not open</h2>
    <p><code>${fault}</code></p>
    <button class="button" type="button" @click=${again}>Try again</button>
  </section>`;
}

/** The first reading was stopped by hand. */
export function stoppedPanel(again: () => void): TemplateResult {
  return html`<section class="panel" role="status">
    <h2>Stopped</h2>
    <p>Nothing was read to its end. A shorter range reads less.</p>
    <button class="button" type="button" @click=${again}>Read on</button>
  </section>`;
}

/** How far the database, and then the lake, has come in. */
export function startingPanel(
  { bytes, rows }: { bytes: { loaded: number; total: number }; rows: number },
  stop: () => void,
): TemplateResult {
  const { loaded, total } = bytes;
  const now =
    rows > 0
      ? html`${formatCount(rows)} rows read`
      : html`${megabytes(loaded)}${total ? html` of ${megabytes(total)}` : nothing} MB`;
  return html`<section class="panel" aria-busy="true">
    <h2>${rows > 0 ? 'Reading the lake' : 'Pouring the database'}</h2>
    <p>DuckDB runs in this page and reads the lake by itself. It is fetched once.<br />${now}</p>
    <p>
      ${
        total
          ? html`<progress max=${total} value=${loaded} aria-label="DuckDB"></progress>`
          : html`<progress aria-label="DuckDB"></progress>`
      }
    </p>
    <button class="toggle" type="button" @click=${stop}>Stop</button>
  </section>`;
}

/** A lake that never had a session. */
export function emptyPanel(): TemplateResult {
  return html`<section class="panel span-8">
    <h2>No session yet</h2>
    <p>A session appears here a few seconds after its window closes. Buy a beer, and watch it come.</p>
    <a class="button" href="/">To the beer shop</a>
  </section>`;
}

/** The numbers are of files that the visitor gave. */
export function filesNote(files: number, back: () => void): TemplateResult {
  return html`<p class="busy" role="status">
    ${files === 1 ? 'A file' : `${formatCount(files)} files`} of your own, which never leave this machine
    <button class="plain" type="button" @click=${back}>Back to the lake</button>
  </p>`;
}

/** The last reading failed; what stands below is older. */
export function staleNote(updatedAt: number, fault: string): TemplateResult {
  return html`<p class="stale" role="alert">
    These numbers are from ${formatTime(updatedAt)} UTC; the last reading failed: ${fault}
  </p>`;
}

/** A reading under way behind numbers that are there already; it shows itself only when it takes a while. */
export function busyNote(rows: number, stop: () => void): TemplateResult {
  return html`<p class="busy" role="status">
    Reading the lake${rows > 0 ? html`, ${formatCount(rows)} rows so far` : nothing}
    <button class="plain" type="button" @click=${stop}>Stop</button>
  </p>`;
}

/** To one who looks for a visitor: the windows of theirs that are still open, and so in no file yet. */
export function openWindows(
  open: OpenWindows | null,
  { user, now }: { user: string | undefined; now: number },
): TemplateResult | typeof nothing {
  const rows = open?.rows.filter((row) => row.user_id === user) ?? [];
  const rangeMs = open?.rangeMs ?? 0;
  if (user === undefined || rows.length === 0) return nothing;
  return html`<p class="open" role="status">
    ${rows.map((row) => {
      const leftSec = Math.max(0, Math.ceil((row.window_open + rangeMs - now) / 1000));
      return html`<span>
        Open now on ${row.device_id}: ${formatCount(row.events)} ${row.events === 1 ? 'event' : 'events'} so far, from
        ${row.beginnavigation} to ${row.endnavigation}; closes in ${leftSec} s and is below a few seconds later.
      </span>`;
    })}
  </p>`;
}

/** Clicks as they come. */
export function clickStrip(clicks: readonly LiveClick[], hasLive: boolean): TemplateResult {
  return html`<section class="card span-4">
    <h2>As it happens</h2>
    <p>Clicks as the collector takes them, newest first.</p>
    ${
      clicks.length === 0
        ? html`<div class="nothing">${hasLive ? 'Waiting for a click' : 'No live side on this lake'}</div>`
        : html`<ul class="strip">
            ${clicks.map(
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

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}
