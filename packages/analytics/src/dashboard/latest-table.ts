import { html, type TemplateResult } from 'lit';

import { formatCount, formatDuration, formatTime } from '../format.ts';
import type { Filters, SessionLine } from '../model/tally.ts';

export interface LatestActions {
  open(line: SessionLine): void;
  filter(filters: Filters): void;
}

const columns = ['Begin', 'Session', 'Visitor', 'Device', 'Events', 'Duration', 'First', 'Last'];
const numbers = new Set(['Events', 'Duration']);

/** Sessions line by line: one opens, and whatever names a visitor, a device or an event filters by it. */
export function latestTable(
  lines: readonly SessionLine[],
  { alertSec, act }: { alertSec: number; act: LatestActions },
): TemplateResult {
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Latest sessions, table">
    <table>
      <thead>
        <tr>
          ${columns.map((name) => html`<th scope="col" class=${numbers.has(name) ? 'right' : ''}>${name}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${lines.map((line) => tableLine(line, { alertSec, act }))}
      </tbody>
    </table>
  </div>`;
}

function tableLine(line: SessionLine, { alertSec, act }: { alertSec: number; act: LatestActions }): TemplateResult {
  const short = alertSec > 0 && line.duration_sec < alertSec;
  const choice = (text: string, filters: Filters): TemplateResult =>
    html`<button class="link" type="button" title=${text} @click=${() => act.filter(filters)}>${text}</button>`;
  return html`<tr>
    <td>${formatTime(line.beginsession)}</td>
    <td>
      <button class="link" type="button" @click=${() => act.open(line)}>${line.session_id}</button>
    </td>
    <td>${choice(line.user_id, { user: line.user_id })}</td>
    <td>${choice(line.device_id, { device: line.device_id })}</td>
    <td class="right">${formatCount(line.events)}</td>
    <td class="right" title=${short ? `below the alert of ${alertSec} s` : ''}>${formatDuration(line.duration_sec)}</td>
    <td>${choice(line.beginnavigation, { first: line.beginnavigation })}</td>
    <td>${choice(line.endnavigation, { last: line.endnavigation })}</td>
  </tr>`;
}
