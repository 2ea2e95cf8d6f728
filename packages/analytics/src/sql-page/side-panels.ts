import type { Manifest, TableName } from '@taphouse/schema';
import { html, nothing, type TemplateResult } from 'lit';

import { chosenFiles, type GivenFile } from '../sources/dropped-files.ts';
import { formatAge, formatCount, formatTime } from '../format.ts';
import { formatBytes } from './athena-cost.ts';
import { type Example, exampleGroups } from './examples.ts';
import type { PastRun, SavedQuery } from './kept.ts';
import { type LakeRelation, lakeRelations } from './lake-relations.ts';
import { tableBytes } from './plan.ts';
import { titleOf } from './statements.ts';

type Manifests = Readonly<Record<TableName, Manifest | null>>;

export interface LakeActions {
  insert: (text: string) => void;
  look: (relation: LakeRelation) => void;
  openFiles: (files: readonly GivenFile[]) => void;
  /** Back from files to the lake; null where it is the lake. */
  back: (() => void) | null;
}

/** The lake's relations, with what their columns mean, and the way to files of one's own. */
export function lakePanel(manifests: Manifests, actions: LakeActions): TemplateResult {
  return html`<p>Times are UTC. Click a column to put it in.</p>
    ${lakeRelations.map(
      (relation) =>
        html`<details>
          <summary>
            <span class="badge">${sizeOf(relation, manifests)}</span><span class="name">${relation.name}</span>
            <span class="about">${relation.about}</span>
          </summary>
          <div class="look">
            <button class="small" type="button" @click=${() => actions.look(relation)}>Show 100 rows</button>
          </div>
          <ul class="columns">
            ${relation.columns.map(
              (column) =>
                html`<li>
                  <button class="column" type="button" @click=${() => actions.insert(column.name)}>
                    <span class="type" title=${column.type}>${column.type.replace(/\(.*/, '')}</span
                    ><span class="name">${column.name}</span>
                    <span class="about">${column.about}</span>
                  </button>
                </li>`,
            )}
          </ul>
        </details>`,
    )}
    ${ownFiles(actions)}`;
}

function ownFiles({ openFiles, back }: LakeActions): TemplateResult {
  const field = (folder: boolean): TemplateResult =>
    html`<span>
      <button class="small" type="button" @click=${(event: Event) => fileField(event)?.click()}>
        ${folder ? 'Open a folder' : 'Open files'}
      </button>
      <input
        type="file"
        multiple
        hidden
        ?webkitdirectory=${folder}
        accept=${folder ? nothing : '.parquet'}
        aria-label=${folder ? 'Folder of a lake' : 'Parquet files'}
        @change=${(event: Event) => {
          const chosen = event.currentTarget as HTMLInputElement;
          const files = chosenFiles(chosen.files ?? []);
          chosen.value = '';
          if (files.length > 0) openFiles(files);
        }}
      />
    </span>`;
  return html`<section class="own" aria-label="Files of your own">
    <h2>Files of your own</h2>
    <p>
      ${back ? 'These are your files, read where they are.' : 'Drop Parquet files or the folder of a lake on this page.'}
      They never leave this machine.
    </p>
    <div class="row">
      ${field(false)} ${field(true)}
      ${back ? html`<button class="small" type="button" @click=${back}>Back to the lake</button>` : nothing}
    </div>
  </section>`;
}

function sizeOf({ kind, reads }: LakeRelation, manifests: Manifests): string {
  const manifest = manifests[reads];
  if (kind !== 'table') return kind;
  if (!manifest) return 'no file yet';
  const rows = manifest.files.reduce((sum, file) => sum + file.rows, 0);
  return `${formatCount(rows)} rows, ${formatBytes(tableBytes(manifest))}`;
}

/** Queries to begin with. */
export function examplesPanel(open: (example: Example) => void): TemplateResult {
  return html`${exampleGroups.map(
    ({ name, examples }) =>
      html`<h2>${name}</h2>
        <ul class="items">
          ${examples.map(
            (example) =>
              html`<li>
                <button class="item" type="button" @click=${() => open(example)}>
                  <span class="name">${example.name}</span><span class="about">${example.about}</span>
                </button>
              </li>`,
          )}
        </ul>`,
  )}`;
}

export interface SavedActions {
  open: (query: SavedQuery) => void;
  remove: (query: SavedQuery) => void;
  exportAll: () => void;
  importFile: (file: File) => void;
}

/** Queries kept by name, in this browser only. */
export function savedPanel(saved: readonly SavedQuery[], actions: SavedActions): TemplateResult {
  return html`<div class="row">
      <button class="small" type="button" ?disabled=${saved.length === 0} @click=${actions.exportAll}>Export</button>
      <button class="small" type="button" @click=${(event: Event) => fileField(event)?.click()}>Import</button>
      <input
        type="file"
        accept=".json,application/json"
        hidden
        aria-label="File of saved queries"
        @change=${(event: Event) => {
          const field = event.currentTarget as HTMLInputElement;
          const [file] = field.files ?? [];
          if (file) actions.importFile(file);
          field.value = '';
        }}
      />
    </div>
    ${
      saved.length === 0
        ? html`<p>Nothing saved yet. Save (Ctrl S) keeps a query here, in this browser; Export makes a file of all.</p>`
        : nothing
    }
    <ul class="items">
      ${saved.map(
        (query) =>
          html`<li>
            <button class="item" type="button" title=${query.sql} @click=${() => actions.open(query)}>
              <span class="name">${query.name}</span><span class="about">${formatTime(query.savedAt)} UTC</span>
            </button>
            <button class="quiet" type="button" aria-label="Delete ${query.name}" @click=${() => actions.remove(query)}>
              ×
            </button>
          </li>`,
      )}
    </ul>`;
}

function fileField(event: Event): HTMLInputElement | null {
  return (event.currentTarget as HTMLElement).parentElement?.querySelector('input') ?? null;
}

/** What was run, newest first. */
export function historyPanel(
  runs: readonly PastRun[],
  now: number,
  actions: { open: (run: PastRun) => void; clear: () => void },
): TemplateResult {
  if (runs.length === 0) return html`<p>What you run is listed here, in this browser.</p>`;
  return html`<div class="row">
      <button class="small" type="button" @click=${actions.clear}>Clear</button>
    </div>
    <ul class="items">
      ${runs.map(
        (run) =>
          html`<li>
            <button class="item" type="button" title=${run.sql} @click=${() => actions.open(run)}>
              <span class="name">${titleOf(run.sql)}</span>
              <span class="about ${run.fault ? 'bad' : ''}">${wordsOf(run)} · ${formatAge(now - run.ranAt)}</span>
            </button>
          </li>`,
      )}
    </ul>`;
}

function wordsOf(run: PastRun): string {
  if (run.fault) return run.fault.split('\n')[0] ?? '';
  const rows = run.rows === null ? 'done' : `${formatCount(run.rows)} row${run.rows === 1 ? '' : 's'}`;
  return `${rows} · ${formatElapsed(run.elapsedMs)} · ${formatBytes(run.bytes)}`;
}

/** 84 ms, 2.41 s. */
export function formatElapsed(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(2)} s`;
}
