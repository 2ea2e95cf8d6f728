import { html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';

import { controlStyles } from '../dashboard/control-styles.ts';
import { theme } from '../dashboard/theme.ts';
import { saveFile } from '../export/save-file.ts';
import { type GivenFile, listenForDrop } from '../sources/dropped-files.ts';
import { RefusedError } from './allowed.ts';
import type { Fetched } from '../byte-count.ts';
import type { ChartChoice } from './chart-choice.ts';
import { copyText } from './copy-text.ts';
import { SqlEditor } from './editor.ts';
import { keysDialog, saveDialog } from './dialogs.ts';
import type { Example } from './examples.ts';
import {
  exportSaved,
  forgetRuns,
  importSaved,
  keepRun,
  keepSaved,
  keepSettings,
  keepTabs,
  keptRuns,
  keptSaved,
  keptSettings,
  keptTabs,
  type PastRun,
  type SavedQuery,
  type Settings,
  type SqlTab,
} from './kept.ts';
import type { LakeRelation } from './lake-relations.ts';
import { LakeSession, StatementError, StoppedError } from './lake-session.ts';
import { added, changed as withChange, closed, firstTabs, opened, type OpenTabs, tabAtHand } from './open-tabs.ts';
import { outcomeStyles } from './outcome-styles.ts';
import { type FileFormat, saveResult } from './result-files.ts';
import type { ResultGrid } from './result-grid.ts';
import { modifier, runBar } from './run-bar.ts';
import type { RunEntry } from './run-entry.ts';
import { heardOf, type RunActions, runPanel } from './run-panel.ts';
import { examplesPanel, historyPanel, lakePanel, savedPanel } from './side-panels.ts';
import { sqlInLink, sqlLink } from './sql-link.ts';
import { sideStyles } from './side-styles.ts';
import { sqlStyles } from './sql-styles.ts';
import { splitter } from './splitter.ts';
import { failedPanel, startingPanel, welcomePanel } from './start-panels.ts';
import { type Statement, statements, titleOf } from './statements.ts';
import { tabBar } from './tab-bar.ts';
import { dropRows, entryOf, type TabRuns, withEntry, withLook, withoutRows, withoutRun, withRun } from './tab-runs.ts';

const sides: { id: Settings['side']; name: string }[] = [
  { id: 'lake', name: 'Lake' },
  { id: 'examples', name: 'Examples' },
  { id: 'saved', name: 'Saved' },
  { id: 'history', name: 'History' },
];
const noticeMs = 4000;
const tickMs = 100;
const firstText = `-- The newest sessions. Run with ${modifier} Enter.
SELECT beginsession, user_id, device_id, events, duration_sec, beginnavigation, endnavigation
FROM sessions
ORDER BY beginsession DESC
LIMIT 100`;

/**
 * `<taphouse-sql lake="/lake/">`: SQL over a lake, read only. Attribute `lake`: URL of the lake folder. A query in the
 * address (`#sql=...`) opens in a tab of its own, and is not run until asked.
 */
export class TaphouseSql extends LitElement {
  static override properties = {
    lake: { type: String },
    stage: { state: true },
    bytes: { state: true },
    fault: { state: true },
    open: { state: true },
    runs: { state: true },
    running: { state: true },
    saved: { state: true },
    history: { state: true },
    settings: { state: true },
    sideOpen: { state: true },
    notice: { state: true },
    asking: { state: true },
    files: { attribute: false },
    dragging: { state: true },
  };
  static override styles = [theme, controlStyles, sideStyles, outcomeStyles, sqlStyles];

  declare lake: string;
  declare stage: 'starting' | 'ready' | 'failed';
  declare bytes: { loaded: number; total: number };
  declare fault: string | null;
  declare open: OpenTabs;
  declare runs: TabRuns;
  declare running: { tab: string; startedAt: number; fetched: Fetched } | null;
  declare saved: SavedQuery[];
  declare history: PastRun[];
  declare settings: Settings;
  declare sideOpen: boolean;
  declare notice: string;
  declare asking: 'save' | 'keys' | null;
  /** Files that take the place of the lake, dropped or chosen; null for the lake. */
  declare files: readonly GivenFile[] | null;
  declare dragging: boolean;

  #session: LakeSession | null = null;
  #endDrop: () => void = () => {};
  #editor: SqlEditor | null = null;
  /** Charts that examples ask for, by their tab. */
  readonly #charts = new Map<string, Partial<ChartChoice>>();
  #noticeTimer: ReturnType<typeof setTimeout> | undefined;
  readonly #readLink = (): void => this.#openLink();

  constructor() {
    super();
    this.lake = '/lake/';
    this.stage = 'starting';
    this.bytes = { loaded: 0, total: 0 };
    this.fault = null;
    this.open = firstTabs(keptTabs(), firstText);
    this.runs = new Map();
    this.running = null;
    this.saved = keptSaved();
    this.history = keptRuns();
    this.settings = keptSettings();
    this.sideOpen = false;
    this.notice = '';
    this.asking = null;
    this.files = null;
    this.dragging = false;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    addEventListener('hashchange', this.#readLink);
    this.#endDrop = listenForDrop(globalThis, {
      over: (over) => (this.dragging = over),
      dropped: (files) => (this.files = files),
    });
    this.#openLink();
    // Put into the page again; the first time, the first update starts it.
    if (this.hasUpdated) void this.#start();
  }

  override disconnectedCallback(): void {
    removeEventListener('hashchange', this.#readLink);
    this.#endDrop();
    clearTimeout(this.#noticeTimer);
    void this.#session?.close();
    this.#session = null;
    this.#editor?.destroy();
    this.#editor = null;
    super.disconnectedCallback();
  }

  override updated(changed: PropertyValues<this>): void {
    if (changed.has('lake') || changed.has('files')) void this.#start();
    const place = this.renderRoot.querySelector<HTMLElement>('.editor');
    if (!this.#editor && place) {
      this.#editor = new SqlEditor(place, this.renderRoot as ShadowRoot, {
        run: () => this.#runText(),
        runStatement: () => this.#runAtCaret(),
        save: () => (this.asking = 'save'),
        changed: (text) => this.#edited(text),
      });
      this.#editor.show(this.open.active, this.#tab.sql);
    } else if (changed.has('open') && changed.get('open')?.active !== this.open.active) {
      this.#editor?.show(this.open.active, this.#tab.sql);
    }
    if (changed.has('open'))
      this.renderRoot.querySelector('.tabs .now')?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
    const dialog = this.renderRoot.querySelector('dialog');
    if (dialog && !dialog.open) dialog.showModal();
  }

  override render(): TemplateResult {
    return html`<div class="page">
        <aside
          class=${this.sideOpen ? 'open' : ''}
          aria-label="Lake and queries"
          @keydown=${(event: KeyboardEvent) => event.key === 'Escape' && this.#closeSide()}
        >
          ${this.#side()}
        </aside>
        <button
          class="veil ${this.sideOpen ? 'open' : ''}"
          type="button"
          aria-label="Close the list"
          @click=${() => (this.sideOpen = false)}
        ></button>
        <main .style=${`--editor: ${Math.round(this.settings.split * 100)}%`}>
          <h1>SQL</h1>
          ${tabBar(this.open.tabs, {
            active: this.open.active,
            running: this.running?.tab ?? null,
            open: (active) => this.#keepTabs({ ...this.open, active }),
            close: (id) => this.#closeTab(id),
            add: () => this.#newTab(),
          })}
          ${runBar({
            ready: this.stage === 'ready',
            running: this.running !== null,
            sideOpen: this.sideOpen,
            maxBytes: this.settings.maxBytes,
            openSide: () => void this.#openSide(),
            run: () => this.#runText(),
            stop: () => this.#session?.cancel(),
            plan: () => void this.#plan(),
            save: () => (this.asking = 'save'),
            share: () => void this.#share(),
            keys: () => (this.asking = 'keys'),
            limit: (maxBytes) => this.#set({ maxBytes }),
          })}
          <div class="editor"></div>
          ${splitter(this.settings.split, (split) => this.#set({ split }))}
          <section class="outcome" aria-label="Result">${this.#outcome()}</section>
        </main>
      </div>
      ${this.dragging ? html`<div class="drop">Drop Parquet files, or the folder of a lake</div>` : nothing}
      <div class="notice" role="status">${this.notice}</div>
      <div class="heard" role="status">${heardOf(this.runs.get(this.open.active))}</div>
      ${this.asking ? this.#dialog(this.asking) : nothing}`;
  }

  // The database

  async #start(): Promise<void> {
    this.stage = 'starting';
    this.fault = null;
    const before = this.#session;
    this.#session = null;
    this.#forgetResults();
    await before?.close();
    const { lake, files } = this;
    const session = new LakeSession({
      lake,
      files,
      onBytes: (loaded, total) => (this.bytes = { loaded, total }),
      onFetched: (fetched) => {
        if (this.running) this.running = { ...this.running, fetched };
      },
      onRecycled: () => this.#forgetResults(),
    });
    try {
      await session.open();
      // Another was asked for meanwhile, or the page is gone.
      if (lake !== this.lake || files !== this.files || !this.isConnected) return await session.close();
      this.#session = session;
      this.stage = 'ready';
      this.#editor?.functions(await session.functions());
    } catch (error) {
      if (files !== this.files) return;
      this.fault = wordsOf(error);
      this.stage = 'failed';
    }
  }

  /** The rows were in the worker that is no more. */
  #forgetResults(): void {
    this.runs = withoutRows(this.runs);
  }

  // Running

  /** The selection, else everything. */
  #runText(): void {
    const wanted = this.#editor?.selection() ?? statements(this.#tab.sql);
    void this.#run(wanted);
  }

  #runAtCaret(): void {
    const statement = this.#editor?.statementAtCaret();
    if (statement) void this.#run([statement]);
  }

  async #run(wanted: readonly Statement[], { maxBytes = this.settings.maxBytes || Infinity } = {}): Promise<void> {
    if (this.running) return this.#say('A statement is running; stop it first');
    if (this.stage !== 'ready' || !this.#session) return this.#say('The database is still starting');
    if (wanted.length === 0) return this.#say('Nothing to run: write a query first');
    const tab = this.open.active;
    // From now on, not when the worker has time: two statements at once would read each other's files.
    this.running = { tab, startedAt: Date.now(), fetched: { bytes: 0, requests: 0 } };
    const ticking = setInterval(() => this.requestUpdate(), tickMs);
    try {
      await this.#drop(tab);
      this.#editor?.closeList();
      this.#editor?.mark(null);
      this.runs = withRun(this.runs, tab, { entries: [], shown: 0 });
      for (const statement of wanted) {
        this.runs = withEntry(this.runs, tab, { entry: { statement, state: 'running' }, as: 'new' });
        const entry = await this.#runOne(tab, statement, maxBytes);
        this.runs = withEntry(this.runs, tab, { entry, as: 'last' });
        if (entry.state === 'failed' || entry.state === 'stopped' || entry.state === 'over') break;
      }
    } finally {
      clearInterval(ticking);
      this.running = null;
    }
  }

  async #runOne(tab: string, statement: Statement, maxBytes: number): Promise<RunEntry> {
    const ranAt = Date.now();
    const past = { sql: statement.text, ranAt, elapsedMs: 0, rows: null, bytes: 0, fault: null };
    try {
      const outcome = await this.#session!.run(statement.text, { maxBytes });
      const entry = entryOf(statement, outcome, this.#charts.get(tab));
      if (entry.state === 'rows' || entry.state === 'done') {
        const { elapsedMs, fetched } = entry.stats;
        const rows = entry.state === 'rows' ? entry.result.rowCount : null;
        this.history = keepRun(this.history, { ...past, elapsedMs, rows, bytes: fetched.bytes });
      }
      return entry;
    } catch (error) {
      const message = wordsOf(error);
      this.history = keepRun(this.history, { ...past, elapsedMs: Date.now() - ranAt, fault: message });
      if (error instanceof StoppedError) return { statement, state: 'stopped', byLimit: error.byLimit };
      const known = error instanceof StatementError ? error : null;
      if (known?.place && tab === this.open.active) this.#editor?.mark(statement.from + known.place.offset);
      if (!known && !(error instanceof RefusedError)) console.error(error);
      return { statement, state: 'failed', message, error: known };
    }
  }

  async #plan(): Promise<void> {
    const statement = this.#editor?.selection()?.[0] ?? this.#editor?.statementAtCaret();
    if (!statement || !this.#session || this.running) return;
    const tab = this.open.active;
    this.running = { tab, startedAt: Date.now(), fetched: { bytes: 0, requests: 0 } };
    try {
      await this.#drop(tab);
      const plan = await this.#session.plan(statement.text);
      this.runs = withRun(this.runs, tab, { entries: [{ statement, state: 'plan', plan }], shown: 0 });
    } catch (error) {
      const known = error instanceof StatementError ? error : null;
      const entry: RunEntry = { statement, state: 'failed', message: wordsOf(error), error: known };
      if (known?.place) this.#editor?.mark(statement.from + known.place.offset);
      this.runs = withRun(this.runs, tab, { entries: [entry], shown: 0 });
    } finally {
      this.running = null;
    }
  }

  /** Lets go of the rows that a tab holds. */
  async #drop(tab: string): Promise<void> {
    await dropRows(this.runs.get(tab));
    this.runs = withoutRun(this.runs, tab);
  }

  // Tabs

  get #tab(): SqlTab {
    return tabAtHand(this.open);
  }

  #edited(sql: string): void {
    if (sql !== this.#tab.sql) this.#keepTabs(withChange(this.open, { sql }));
  }

  #keepTabs(open: OpenTabs): void {
    this.open = open;
    keepTabs(open.tabs, open.active);
  }

  #openText(sql: string, name: string | null = null): void {
    this.sideOpen = false;
    const { active } = this.open;
    this.#keepTabs(opened(this.open, sql, name));
    if (this.open.active === active) this.#editor?.show(active, this.#tab.sql);
  }

  #newTab(): void {
    this.#keepTabs(added(this.open));
    void this.updateComplete.then(() => this.#editor?.focus());
  }

  #closeTab(id: string): void {
    void this.#drop(id);
    this.#keepTabs(closed(this.open, id));
  }

  #openLink(): void {
    const sql = sqlInLink(location.hash);
    if (sql === null) return;
    history.replaceState(null, '', location.pathname + location.search);
    this.#openText(sql);
    this.#say('Opened from a link. It is not run yet');
  }

  async #openExample(example: Example): Promise<void> {
    this.#openText(example.sql, example.name);
    if (example.chart) this.#charts.set(this.open.active, example.chart);
    await this.updateComplete;
    this.#runText();
  }

  async #look({ name, call }: LakeRelation): Promise<void> {
    this.#openText(`SELECT *\nFROM ${call ?? name}\nLIMIT 100`, name);
    await this.updateComplete;
    this.#runText();
  }

  // Saved queries, files, links

  #save(name: string): void {
    const { sql } = this.#tab;
    const saved = { name, sql, savedAt: Date.now() };
    this.saved = [saved, ...this.saved.filter((query) => query.name !== name)];
    keepSaved(this.saved);
    this.#keepTabs(withChange(this.open, { name }));
    this.#say(`Saved as ${name}, in this browser`);
  }

  #remove(query: SavedQuery): void {
    this.saved = this.saved.filter((each) => each !== query);
    keepSaved(this.saved);
  }

  async #import(file: File): Promise<void> {
    try {
      const before = this.saved.length;
      this.saved = importSaved(this.saved, await file.text());
      keepSaved(this.saved);
      this.#say(`${this.saved.length - before} new, ${this.saved.length} in all`);
    } catch (error) {
      this.#say(wordsOf(error));
    }
  }

  async #share(): Promise<void> {
    await this.#try(async () => {
      await copyText(sqlLink(location.href, this.#tab.sql));
      this.#say('Link copied. It holds the query, not the rows');
    });
  }

  async #download(entry: Extract<RunEntry, { state: 'rows' }>, format: FileFormat): Promise<void> {
    this.#say(`Writing ${format}: ${entry.result.rowCount} rows`);
    await this.#try(() => saveResult(entry.result, entry.sortBy, format));
  }

  async #try(task: () => Promise<void>): Promise<void> {
    try {
      await task();
    } catch (error) {
      this.#say(wordsOf(error));
    }
  }

  #say(words: string): void {
    this.notice = words;
    clearTimeout(this.#noticeTimer);
    this.#noticeTimer = setTimeout(() => (this.notice = ''), noticeMs);
  }

  #set(settings: Partial<Settings>): void {
    this.settings = { ...this.settings, ...settings };
    keepSettings(this.settings);
  }

  // What one sees

  #side(): TemplateResult {
    return html`<div class="choice" role="group" aria-label="List">
        ${sides.map(
          ({ id, name }) =>
            html`<button
              type="button"
              aria-pressed=${String(this.settings.side === id)}
              @click=${() => this.#set({ side: id })}
            >
              ${name}
            </button>`,
        )}
      </div>
      <div class="list">${this.#sidePanel()}</div>`;
  }

  async #openSide(): Promise<void> {
    this.sideOpen = true;
    await this.updateComplete;
    this.renderRoot.querySelector<HTMLElement>('aside button')?.focus();
  }

  #closeSide(): void {
    if (!this.sideOpen) return;
    this.sideOpen = false;
    this.renderRoot.querySelector<HTMLElement>('.toggle')?.focus();
  }

  #sidePanel(): TemplateResult {
    switch (this.settings.side) {
      case 'examples':
        return examplesPanel((example) => void this.#openExample(example));
      case 'saved':
        return savedPanel(this.saved, {
          open: (query) => this.#openText(query.sql, query.name),
          remove: (query) => this.#remove(query),
          exportAll: () => saveFile('taphouse-queries.json', 'application/json', exportSaved(this.saved)),
          importFile: (file) => void this.#import(file),
        });
      case 'history':
        return historyPanel(this.history, Date.now(), {
          open: (run) => this.#openText(run.sql),
          clear: () => {
            this.history = [];
            forgetRuns();
          },
        });
      default:
        return lakePanel(this.#session?.manifests() ?? { rawdata: null, aggregated: null }, {
          insert: (text) => this.#editor?.insert(text),
          look: (relation) => void this.#look(relation),
          openFiles: (files) => (this.files = files),
          back: this.files ? () => (this.files = null) : null,
        });
    }
  }

  #outcome(): TemplateResult {
    if (this.stage === 'failed') return this.#failed();
    if (this.stage === 'starting') return startingPanel(this.bytes);
    const tab = this.open.active;
    const run = this.runs.get(tab);
    if (!run?.entries[run.shown]) return this.#welcome();
    return runPanel(run, this.running, this.#runActions(tab));
  }

  #runActions(tab: string): RunActions {
    return {
      show: (shown) => (this.runs = withRun(this.runs, tab, { entries: this.runs.get(tab)?.entries ?? [], shown })),
      change: (entry, change) => (this.runs = withLook(this.runs, tab, { entry, change })),
      anyway: ({ statement }) => void this.#run([statement], { maxBytes: Infinity }),
      goTo: (offset) => this.#editor?.mark(offset, { go: true }),
      copyAll: () => void this.#try(async () => this.#grid?.copy('all')),
      save: (entry, format) => void this.#download(entry, format),
      copied: (rows) => this.#say(`${rows} row${rows === 1 ? '' : 's'} copied`),
      fault: (fault) => this.#say(wordsOf(fault)),
    };
  }

  get #grid(): ResultGrid | null {
    return this.renderRoot.querySelector<ResultGrid>('taphouse-result-grid');
  }

  #failed(): TemplateResult {
    const back = this.files ? (): void => void (this.files = null) : null;
    return failedPanel(this.fault ?? '', { again: () => void this.#start(), back });
  }

  #welcome(): TemplateResult {
    const manifests = this.#session?.manifests();
    const empty = !manifests?.aggregated && !manifests?.rawdata;
    return welcomePanel(empty, (example) => void this.#openExample(example));
  }

  #dialog(asking: 'save' | 'keys'): TemplateResult {
    const close = (): void => {
      this.asking = null;
      this.#editor?.focus();
    };
    if (asking === 'keys') return keysDialog(close);
    return saveDialog(this.#tab.name ?? titleOf(this.#tab.sql, 40), { save: (name) => this.#save(name), close });
  }
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
