import { html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';

import { controlStyles } from '../dashboard/control-styles.ts';
import { theme } from '../dashboard/theme.ts';
import { saveFile } from '../export/save-file.ts';
import { type GivenFile, listenForDrop } from '../sources/dropped-files.ts';
import { RefusedError } from './allowed.ts';
import type { Fetched } from '../byte-count.ts';
import { type ChartChoice, fitChart } from './chart-choice.ts';
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
import { LakeSession, type Outcome, StatementError, StoppedError } from './lake-session.ts';
import { outcomeStyles } from './outcome-styles.ts';
import { busyPanel, chartPicker, factsBar, faultPanel, overPanel, stoppedPanel, wordsPanel } from './outcome-panels.ts';
import type { SortBy } from './query-result.ts';
import { type FileFormat, saveResult } from './result-files.ts';
import type { ResultGrid } from './result-grid.ts';
import { modifier, runBar } from './run-bar.ts';
import type { RunEntry, TabRun } from './run-entry.ts';
import { examplesPanel, formatElapsed, historyPanel, lakePanel, savedPanel } from './side-panels.ts';
import { sqlInLink, sqlLink } from './sql-link.ts';
import { sideStyles } from './side-styles.ts';
import { sqlStyles } from './sql-styles.ts';
import { splitter } from './splitter.ts';
import { failedPanel, startingPanel, welcomePanel } from './start-panels.ts';
import { type Statement, statements, titleOf } from './statements.ts';
import { tabBar } from './tab-bar.ts';

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
    tabs: { state: true },
    active: { state: true },
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
  declare tabs: SqlTab[];
  declare active: string;
  /** What each tab last ran, by the tab's id. */
  declare runs: ReadonlyMap<string, TabRun>;
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
    const kept = keptTabs();
    this.tabs = kept?.tabs ?? [{ id: newId(), name: null, sql: firstText }];
    this.active = this.tabs.find(({ id }) => id === kept?.active)?.id ?? this.tabs[0]?.id ?? '';
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
      this.#editor.show(this.active, this.#tab.sql);
    } else if (changed.has('active')) this.#editor?.show(this.active, this.#tab.sql);
    if (changed.has('active') || changed.has('tabs'))
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
          ${tabBar(this.tabs, {
            active: this.active,
            running: this.running?.tab ?? null,
            open: (id) => this.#keepTabs(this.tabs, id),
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
      <div class="heard" role="status">${this.#heard()}</div>
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
    const runs = [...this.runs].map(([tab, run]): [string, TabRun] => [
      tab,
      {
        ...run,
        entries: run.entries.map((entry) =>
          entry.state === 'rows' ? { statement: entry.statement, state: 'gone' } : entry,
        ),
      },
    ]);
    this.runs = new Map(runs);
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
    const tab = this.active;
    await this.#drop(tab);
    this.#editor?.closeList();
    this.#editor?.mark(null);
    this.#show(tab, { entries: [], shown: 0 });
    this.running = { tab, startedAt: Date.now(), fetched: { bytes: 0, requests: 0 } };
    const ticking = setInterval(() => this.requestUpdate(), tickMs);
    try {
      for (const statement of wanted) {
        this.#put(tab, { statement, state: 'running' }, 'new');
        const entry = await this.#runOne(tab, statement, maxBytes);
        this.#put(tab, entry, 'last');
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
      const entry = this.#entryOf(tab, statement, outcome);
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
      if (known?.place && tab === this.active) this.#editor?.mark(statement.from + known.place.offset);
      if (!known && !(error instanceof RefusedError)) console.error(error);
      return { statement, state: 'failed', message, error: known };
    }
  }

  #entryOf(tab: string, statement: Statement, outcome: Outcome): RunEntry {
    if (outcome.kind === 'over') return { statement, state: 'over', ...outcome };
    if (outcome.kind === 'plan') return { statement, state: 'plan', plan: outcome.plan };
    if (outcome.kind === 'done') return { statement, state: 'done', stats: outcome.stats };
    const { result, stats, plan } = outcome;
    const wanted = this.#charts.get(tab);
    const chart = plan === null ? null : fitChart(wanted ?? {}, result.columns, result.rowCount);
    const view = wanted && chart && result.rowCount > 1 ? 'chart' : 'table';
    return { statement, state: 'rows', result, stats, plan, chart, view, sortBy: null };
  }

  async #plan(): Promise<void> {
    const statement = this.#editor?.selection()?.[0] ?? this.#editor?.statementAtCaret();
    if (!statement || !this.#session || this.running) return;
    const tab = this.active;
    await this.#drop(tab);
    try {
      const plan = await this.#session.plan(statement.text);
      this.#show(tab, { entries: [{ statement, state: 'plan', plan }], shown: 0 });
    } catch (error) {
      const known = error instanceof StatementError ? error : null;
      const entry: RunEntry = { statement, state: 'failed', message: wordsOf(error), error: known };
      if (known?.place) this.#editor?.mark(statement.from + known.place.offset);
      this.#show(tab, { entries: [entry], shown: 0 });
    }
  }

  /** Lets go of the rows that a tab holds. */
  async #drop(tab: string): Promise<void> {
    for (const entry of this.runs.get(tab)?.entries ?? []) if (entry.state === 'rows') await entry.result.drop();
    const runs = new Map(this.runs);
    runs.delete(tab);
    this.runs = runs;
  }

  #show(tab: string, run: TabRun): void {
    this.runs = new Map(this.runs).set(tab, run);
  }

  #put(tab: string, entry: RunEntry, where: 'new' | 'last'): void {
    const entries = [...(this.runs.get(tab)?.entries ?? [])];
    if (where === 'last') entries.pop();
    entries.push(entry);
    this.#show(tab, { entries, shown: entries.length - 1 });
  }

  /** Changes how the result shown is looked at. */
  #change(entry: RunEntry, change: Partial<Extract<RunEntry, { state: 'rows' }>>): void {
    const run = this.runs.get(this.active);
    if (!run || entry.state !== 'rows') return;
    this.#show(this.active, {
      ...run,
      entries: run.entries.map((each) => (each === entry ? { ...entry, ...change } : each)),
    });
  }

  // Tabs

  get #tab(): SqlTab {
    const [first] = this.tabs;
    const tab = this.tabs.find(({ id }) => id === this.active) ?? first;
    if (!tab) throw new RangeError('tabs: none; expected one at least');
    return tab;
  }

  #edited(sql: string): void {
    if (sql === this.#tab.sql) return;
    this.#keepTabs(this.tabs.map((tab) => (tab.id === this.active ? { ...tab, sql } : tab)));
  }

  #keepTabs(tabs: SqlTab[], active = this.active): void {
    this.tabs = tabs;
    this.active = active;
    keepTabs(tabs, active);
  }

  /** Opens a text: in the tab that has it, in the one at hand if that is empty, else in a new one. */
  #openText(sql: string, name: string | null = null): void {
    const known = this.tabs.find((tab) => tab.sql.trim() === sql.trim());
    this.sideOpen = false;
    if (known) return this.#keepTabs(this.tabs, known.id);
    if (!this.#tab.sql.trim()) {
      this.#keepTabs(this.tabs.map((tab) => (tab.id === this.active ? { ...tab, name, sql } : tab)));
      this.#editor?.show(this.active, sql);
      return;
    }
    const tab = { id: newId(), name, sql };
    this.#keepTabs([...this.tabs, tab], tab.id);
  }

  #newTab(): void {
    const tab = { id: newId(), name: null, sql: '' };
    this.#keepTabs([...this.tabs, tab], tab.id);
    void this.updateComplete.then(() => this.#editor?.focus());
  }

  #closeTab(id: string): void {
    void this.#drop(id);
    const index = this.tabs.findIndex((tab) => tab.id === id);
    const rest = this.tabs.filter((tab) => tab.id !== id);
    if (rest.length === 0) rest.push({ id: newId(), name: null, sql: '' });
    const next = id === this.active ? rest[Math.min(index, rest.length - 1)]?.id : this.active;
    this.#keepTabs(rest, next);
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
    if (example.chart) this.#charts.set(this.active, example.chart);
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
    const { sql, id } = this.#tab;
    const saved = { name, sql, savedAt: Date.now() };
    this.saved = [saved, ...this.saved.filter((query) => query.name !== name)];
    keepSaved(this.saved);
    this.#keepTabs(this.tabs.map((tab) => (tab.id === id ? { ...tab, name } : tab)));
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
    const run = this.runs.get(this.active);
    const entry = run?.entries[run.shown];
    if (!run || !entry) return this.#welcome();
    return html`${run.entries.length > 1 ? this.#strip(run) : nothing} ${this.#entry(entry)}`;
  }

  #strip(run: TabRun): TemplateResult {
    return html`<div class="strip" role="group" aria-label="Statements">
      ${run.entries.map(
        (entry, index) =>
          html`<button
            type="button"
            class=${entry.state === 'failed' || entry.state === 'over' ? 'bad' : ''}
            aria-pressed=${String(index === run.shown)}
            @click=${() => this.#show(this.active, { ...run, shown: index })}
          >
            ${index + 1} · ${titleOf(entry.statement.text, 32)}
          </button>`,
      )}
    </div>`;
  }

  /** What a screen reader says of the result. */
  #heard(): string {
    const run = this.runs.get(this.active);
    const entry = run?.entries[run.shown];
    if (entry?.state === 'running') return 'Running';
    if (entry?.state === 'done') return 'Done';
    return entry?.state === 'rows' ? `${entry.result.rowCount} rows in ${formatElapsed(entry.stats.elapsedMs)}` : '';
  }

  #entry(entry: RunEntry): TemplateResult {
    const anyway = (): void => void this.#run([entry.statement], { maxBytes: Infinity });
    switch (entry.state) {
      case 'running':
        return busyPanel(
          Date.now() - (this.running?.startedAt ?? Date.now()),
          this.running?.fetched ?? { bytes: 0, requests: 0 },
        );
      case 'done':
        return wordsPanel('Done', 'It lives in the memory of this page, until the page or the worker ends.');
      case 'plan':
        return html`<pre class="fill" tabindex="0" aria-label="Plan" .textContent=${entry.plan}></pre>`;
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
          if (place) this.#editor?.mark(entry.statement.from + place.offset, { go: true });
        });
      default:
        return this.#rows(entry);
    }
  }

  #rows(entry: Extract<RunEntry, { state: 'rows' }>): TemplateResult {
    return html`${factsBar(entry, {
        view: (view) => this.#change(entry, { view }),
        copy: () => void this.#try(async () => this.#grid?.copy('all')),
        save: (format) => void this.#download(entry, format),
      })}
      <div class="fill grid" ?hidden=${entry.view !== 'table'}>
        <taphouse-result-grid
          .result=${entry.result}
          @sorted=${(event: CustomEvent<SortBy | null>) => this.#change(entry, { sortBy: event.detail })}
          @copied=${(event: CustomEvent<number>) => this.#say(`${event.detail} row${event.detail === 1 ? '' : 's'} copied`)}
          @fault=${(event: CustomEvent<unknown>) => this.#say(wordsOf(event.detail))}
        ></taphouse-result-grid>
      </div>
      ${entry.view === 'chart' && entry.chart ? this.#chart(entry, entry.chart) : nothing}
      ${entry.view === 'plan' ? html`<pre class="fill" tabindex="0" aria-label="Plan" .textContent=${entry.plan ?? ''}></pre>` : nothing}`;
  }

  get #grid(): ResultGrid | null {
    return this.renderRoot.querySelector<ResultGrid>('taphouse-result-grid');
  }

  #chart(entry: Extract<RunEntry, { state: 'rows' }>, choice: ChartChoice): TemplateResult {
    return html`<div class="fill chart">
      ${chartPicker(entry.result, choice, (chart) => this.#change(entry, { chart }))}
      <taphouse-result-chart
        .result=${entry.result}
        .choice=${choice}
        @fault=${(event: CustomEvent<unknown>) => this.#say(wordsOf(event.detail))}
      ></taphouse-result-chart>
    </div>`;
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

function newId(): string {
  return crypto.getRandomValues(new Uint32Array(2)).join('-');
}
