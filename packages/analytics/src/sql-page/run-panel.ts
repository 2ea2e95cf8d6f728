import { html, nothing, type TemplateResult } from 'lit';

import type { Fetched } from '../byte-count.ts';
import type { ChartChoice } from './chart-choice.ts';
import { busyPanel, chartPicker, factsBar, faultPanel, overPanel, stoppedPanel, wordsPanel } from './outcome-panels.ts';
import type { SortBy } from './query-result.ts';
import type { FileFormat } from './result-files.ts';
import type { RunEntry, TabRun } from './run-entry.ts';
import { formatElapsed } from './side-panels.ts';
import { titleOf } from './statements.ts';

type Rows = Extract<RunEntry, { state: 'rows' }>;

export interface RunActions {
  /** Shows another statement of the run. */
  show: (index: number) => void;
  /** Looks at rows in another way. */
  change: (entry: Rows, change: Partial<Rows>) => void;
  /** Runs a statement whatever it reads. */
  anyway: (entry: RunEntry) => void;
  /** Goes to a place in the editor's text. */
  goTo: (offset: number) => void;
  copyAll: () => void;
  save: (entry: Rows, format: FileFormat) => void;
  copied: (rows: number) => void;
  fault: (fault: unknown) => void;
}

/** Since when the statement under way has run, and what it has fetched. */
export interface UnderWay {
  startedAt: number;
  fetched: Fetched;
}

/** What a tab ran: its statements, and the one that is looked at. */
export function runPanel(run: TabRun, running: UnderWay | null, actions: RunActions): TemplateResult {
  const entry = run.entries[run.shown];
  return html`${run.entries.length > 1 ? strip(run, actions) : nothing}
  ${entry ? entryPanel(entry, running, actions) : nothing}`;
}

/** What a screen reader says of the result. */
export function heardOf(run: TabRun | undefined): string {
  const entry = run?.entries[run.shown];
  if (entry?.state === 'running') return 'Running';
  if (entry?.state === 'done') return 'Done';
  return entry?.state === 'rows' ? `${entry.result.rowCount} rows in ${formatElapsed(entry.stats.elapsedMs)}` : '';
}

function strip(run: TabRun, { show }: RunActions): TemplateResult {
  return html`<div class="strip" role="group" aria-label="Statements">
    ${run.entries.map(
      (entry, index) =>
        html`<button
          type="button"
          class=${entry.state === 'failed' || entry.state === 'over' ? 'bad' : ''}
          aria-pressed=${String(index === run.shown)}
          @click=${() => show(index)}
        >
          ${index + 1} · ${titleOf(entry.statement.text, 32)}
        </button>`,
    )}
  </div>`;
}

function entryPanel(entry: RunEntry, running: UnderWay | null, actions: RunActions): TemplateResult {
  const anyway = (): void => actions.anyway(entry);
  switch (entry.state) {
    case 'running': {
      const { startedAt, fetched } = running ?? { startedAt: Date.now(), fetched: { bytes: 0, requests: 0 } };
      return busyPanel(Date.now() - startedAt, fetched);
    }
    case 'done':
      return wordsPanel('Done', 'It lives in the memory of this page, until the page or the worker ends.');
    case 'plan':
      return planText(entry.plan);
    case 'over':
      return overPanel(entry, anyway);
    case 'stopped':
      return stoppedPanel(entry, anyway);
    case 'gone':
      return wordsPanel(
        'The rows are gone',
        'A statement was stopped with its worker, and these rows lived there. Run this one again.',
      );
    case 'failed':
      return faultPanel(entry, () => {
        const place = entry.error?.place;
        if (place) actions.goTo(entry.statement.from + place.offset);
      });
    default:
      return rowsPanel(entry, actions);
  }
}

function rowsPanel(entry: Rows, actions: RunActions): TemplateResult {
  return html`${factsBar(entry, {
      view: (view) => actions.change(entry, { view }),
      copy: actions.copyAll,
      save: (format) => actions.save(entry, format),
    })}
    <div class="fill grid" ?hidden=${entry.view !== 'table'}>
      <taphouse-result-grid
        .result=${entry.result}
        @sorted=${(event: CustomEvent<SortBy | null>) => actions.change(entry, { sortBy: event.detail })}
        @copied=${(event: CustomEvent<number>) => actions.copied(event.detail)}
        @fault=${(event: CustomEvent<unknown>) => actions.fault(event.detail)}
      ></taphouse-result-grid>
    </div>
    ${entry.view === 'chart' && entry.chart ? chartPanel(entry, entry.chart, actions) : nothing}
    ${entry.view === 'plan' ? planText(entry.plan ?? '') : nothing}`;
}

function planText(plan: string): TemplateResult {
  return html`<pre class="fill" tabindex="0" aria-label="Plan" .textContent=${plan}></pre>`;
}

function chartPanel(entry: Rows, choice: ChartChoice, { change, fault }: RunActions): TemplateResult {
  return html`<div class="fill chart">
    ${chartPicker(entry.result, choice, (chart) => change(entry, { chart }))}
    <taphouse-result-chart
      .result=${entry.result}
      .choice=${choice}
      @fault=${(event: CustomEvent<unknown>) => fault(event.detail)}
    ></taphouse-result-chart>
  </div>`;
}
