import { html, nothing, type TemplateResult } from 'lit';

import { formatCount } from '../format.ts';
import { athenaCost, formatBytes, formatDollars } from './athena-cost.ts';
import type { Fetched } from '../byte-count.ts';
import type { ChartChoice, ChartKind } from './chart-choice.ts';
import type { QueryResult } from './query-result.ts';
import type { FileFormat } from './result-files.ts';
import type { ResultView, RunEntry } from './run-entry.ts';
import { formatElapsed } from './side-panels.ts';

type Rows = Extract<RunEntry, { state: 'rows' }>;
type Failed = Extract<RunEntry, { state: 'failed' }>;

export interface FactsActions {
  view: (view: ResultView) => void;
  copy: () => void;
  save: (format: FileFormat) => void;
}

/** Rows, time, bytes and price of a result; how to look at it, and how to take it along. */
export function factsBar(entry: Rows, actions: FactsActions): TemplateResult {
  const { result, stats, view, plan } = entry;
  const views: { id: ResultView; name: string; able: boolean }[] = [
    { id: 'table', name: 'Table', able: true },
    { id: 'chart', name: 'Chart', able: entry.chart !== null },
    { id: 'plan', name: 'Plan', able: plan !== null },
  ];
  return html`<div class="facts">
    <div class="choice" role="group" aria-label="View">
      ${views.map(
        ({ id, name, able }) =>
          html`<button
            type="button"
            aria-pressed=${String(view === id)}
            ?disabled=${!able}
            @click=${() => actions.view(id)}
          >
            ${name}
          </button>`,
      )}
    </div>
    <dl>
      ${fact('Rows', formatCount(result.rowCount), `${result.rowCount} rows, ${result.columns.length} columns`)}
      ${fact('Time', formatElapsed(stats.elapsedMs), 'from the start of the statement to its last row')}
      ${fact('Fetched', fetchedWords(stats.fetched), `${stats.fetched.bytes} bytes of the lake in ${stats.fetched.requests} requests; what was fetched before is not fetched again`)}
      ${fact('Athena', priceWords(entry), `what Amazon Athena would charge: $5 a TB of the columns read (${formatBytes(stats.scannedBytes)} at most here), 10 MB at least, each time it runs`)}
    </dl>
    <div class="files" role="group" aria-label="Take the result along">
      <button class="small" type="button" title="Copy all rows, tab-separated" @click=${actions.copy}>Copy</button>
      ${(['csv', 'json', 'parquet'] as const).map(
        (format) =>
          html`<button
            class="small"
            type="button"
            title="Download all rows"
            aria-label="Download ${format}"
            ?disabled=${format === 'parquet' && plan === null}
            @click=${() => actions.save(format)}
          >
            ${format === 'parquet' ? 'Parquet' : format.toUpperCase()}
          </button>`,
      )}
    </div>
  </div>`;
}

function fact(name: string, value: string, about: string): TemplateResult {
  return html`<div title=${about}>
    <dt>${name}</dt>
    <dd>${value}</dd>
  </div>`;
}

function fetchedWords(fetched: Fetched): string {
  return formatBytes(fetched.bytes);
}

function priceWords({ stats, plan }: Rows): string {
  return plan === null && stats.scannedBytes === 0
    ? 'free'
    : formatDollars(athenaCost(Math.max(stats.scannedBytes, stats.fetched.bytes)));
}

const chartKinds: { id: ChartKind; name: string }[] = [
  { id: 'bar', name: 'Bars' },
  { id: 'line', name: 'Lines' },
  { id: 'dot', name: 'Dots' },
  { id: 'treemap', name: 'Tree map' },
];

function picked(event: Event): number {
  return Number((event.currentTarget as HTMLSelectElement).value);
}

/** Which columns are drawn, and how. */
export function chartPicker(
  result: QueryResult,
  choice: ChartChoice,
  changed: (choice: ChartChoice) => void,
): TemplateResult {
  const tiles = choice.kind === 'treemap';
  const options = (chosen: number | null, numbersOnly: boolean): TemplateResult[] =>
    result.columns.flatMap(({ name, kind }, index) =>
      numbersOnly && kind !== 'number'
        ? []
        : [html`<option value=${index} .selected=${chosen === index}>${name}</option>`],
    );
  return html`<div class="pick">
    <div class="choice" role="group" aria-label="Kind of chart">
      ${chartKinds.map(
        ({ id, name }) =>
          html`<button
            type="button"
            aria-pressed=${String(choice.kind === id)}
            @click=${() => changed({ ...choice, kind: id })}
          >
            ${name}
          </button>`,
      )}
    </div>
    <label
      >${tiles ? 'Name' : 'Across'}
      <select @change=${(event: Event) => changed({ ...choice, x: picked(event) })}>
        ${options(choice.x, false)}
      </select></label
    >
    <label
      >${tiles ? 'Size' : 'Up'}
      <select @change=${(event: Event) => changed({ ...choice, y: picked(event) })}>
        ${options(choice.y, true)}
      </select></label
    >
    <label
      >${tiles ? 'Shade' : 'Series'}
      <select @change=${(event: Event) => changed({ ...choice, colour: picked(event) < 0 ? null : picked(event) })}>
        <option value="-1" .selected=${choice.colour === null}>none</option>
        ${options(choice.colour, tiles)}
      </select></label
    >
  </div>`;
}

/** What went wrong, the statement, and the place in it. */
export function faultPanel(entry: Failed, goThere: () => void): TemplateResult {
  const place = entry.error?.place ?? null;
  const lines = entry.statement.text.split('\n');
  return html`<div class="panel">
    <div class="fault" role="alert">
      <strong>${entry.message}</strong>
      <div class="code" role="group" tabindex="0" aria-label="The statement">
        ${lines.map((line, index) => codeLine(line, index + 1, place?.line === index + 1 ? place.column : null))}
      </div>
      ${
        place
          ? html`<button class="small" type="button" @click=${goThere}>
              Go to line ${place.line}, column ${place.column}
            </button>`
          : nothing
      }
    </div>
  </div>`;
}

function codeLine(text: string, number: number, column: number | null): TemplateResult {
  if (column === null) return html`<span class="line"><span class="no">${number}</span>${text}</span>`;
  const start = column - 1;
  const long = /^[\w$]+/.exec(text.slice(start))?.[0].length ?? 1;
  return html`<span class="line here"
    ><span class="no">${number}</span
    >${text.slice(0, start)}<mark>${text.slice(start, start + long) || ' '}</mark>${text.slice(start + long)}</span
  >`;
}

/** A statement that would scan more than the limit. */
export function overPanel(entry: Extract<RunEntry, { state: 'over' }>, anyway: () => void): TemplateResult {
  return html`<div class="panel" role="alert">
    <h2>Not run: over the byte limit</h2>
    <p>
      It may read up to ${formatBytes(entry.estimatedBytes)}, by its plan and the sizes of the lake's files. Your limit
      is ${formatBytes(entry.maxBytes)}. Athena would charge about ${formatDollars(athenaCost(entry.estimatedBytes))}.
      Fewer columns or a shorter stretch of time read less.
    </p>
    <div class="actions">
      <button class="run" type="button" @click=${anyway}>Run it anyway</button>
    </div>
  </div>`;
}

/** A statement that was stopped. */
export function stoppedPanel(entry: Extract<RunEntry, { state: 'stopped' }>, anyway: () => void): TemplateResult {
  return html`<div class="panel" role="alert">
    <h2>${entry.byLimit ? 'Stopped: it fetched more than the byte limit' : 'Stopped'}</h2>
    <p>Nothing of it is shown, for a part of the rows would look like all of them.</p>
    ${
      entry.byLimit
        ? html`<div class="actions">
            <button class="run" type="button" @click=${anyway}>Run it without a limit</button>
          </div>`
        : nothing
    }
  </div>`;
}

/** A statement under way. */
export function busyPanel(elapsedMs: number, fetched: Fetched): TemplateResult {
  return html`<div class="panel busy" aria-busy="true">
    <div>
      <progress aria-label="Running"></progress>
      <p>${formatElapsed(elapsedMs)} · ${formatBytes(fetched.bytes)} fetched</p>
    </div>
  </div>`;
}

/** A few words, and no more. */
export function wordsPanel(title: string, words: string | TemplateResult): TemplateResult {
  return html`<div class="panel">
    <h2>${title}</h2>
    <p>${words}</p>
  </div>`;
}
