import { elementScroll, observeElementOffset, observeElementRect, Virtualizer } from '@tanstack/virtual-core';
import { html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';

import { theme } from '../dashboard/theme.ts';
import { formatCount } from '../format.ts';
import { copyText } from './copy-text.ts';
import { type Choice, chosenArea, moveChoice, type Place } from './grid-choice.ts';
import { gridStyles } from './grid-styles.ts';
import type { QueryResult, SortBy } from './query-result.ts';
import { chosenSums, type ChosenSums } from './chosen-sums.ts';
import { formatColumns } from './result-files.ts';
import { RowPages } from './row-pages.ts';
import { type Cell, headerRow, tsvLines } from './text-formats.ts';

const rowHeight = 30;
const headHeight = 44;
/** Browsers stop laying out near 33 million pixels; what lies beyond is in the downloads. */
export const mostRowsShown = 1_000_000;
/** More cells than this are not put on the clipboard at once. */
const mostCellsCopied = 2_000_000;
/** More cells than this are not summed. */
const mostCellsSummed = 200_000;
const restMs = 150;
const narrowest = 56;
const widest = 380;
/** Letters of a cell; more are cut in the grid and shown in full when it is opened. */
const mostLetters = 500;

/**
 * `<taphouse-result-grid>`: the rows of a result, of which only those on screen exist. Property `result`; sorted by
 * a click on a head or Enter there; events `sorted` (detail: SortBy or null), `copied` (detail: rows) and `fault`.
 */
export class ResultGrid extends LitElement {
  static override properties = {
    result: { attribute: false },
    sortBy: { state: true },
    choice: { state: true },
    sums: { state: true },
  };
  static override styles = [theme, gridStyles];

  declare result: QueryResult | null;
  declare sortBy: SortBy | null;
  declare choice: Choice | null;
  declare sums: ChosenSums | null;

  #pages: RowPages | null = null;
  #widths: number[] = [];
  #fitted = false;
  readonly #setByHand = new Set<number>();
  #opened: { name: string; value: string } | null = null;
  #unmount: (() => void) | null = null;
  #summing: ReturnType<typeof setTimeout> | undefined;
  readonly #rows = new Virtualizer<HTMLElement, HTMLElement>({
    count: 0,
    getScrollElement: () => this.renderRoot?.querySelector<HTMLElement>('.scroller') ?? null,
    estimateSize: () => rowHeight,
    paddingStart: 0,
    overscan: 12,
    scrollPaddingStart: headHeight,
    scrollToFn: elementScroll,
    observeElementRect,
    observeElementOffset,
    onChange: () => this.requestUpdate(),
  });

  constructor() {
    super();
    this.result = null;
    this.sortBy = null;
    this.choice = null;
    this.sums = null;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.requestUpdate();
  }

  override disconnectedCallback(): void {
    clearTimeout(this.#summing);
    this.#unmount?.();
    this.#unmount = null;
    super.disconnectedCallback();
  }

  override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has('result')) {
      this.sortBy = null;
      this.choice = null;
      this.#fitted = false;
      this.#setByHand.clear();
      this.#widths = (this.result?.columns ?? []).map(({ name, type }) =>
        widthOf(Math.max(name.length + 2, type.length * 0.8)),
      );
    }
    if (changed.has('result') || changed.has('sortBy')) this.#turn();
  }

  override updated(changed: PropertyValues<this>): void {
    this.#unmount ??= this.#rows._didMount();
    this.#rows._willUpdate();
    if (changed.has('choice') || changed.has('sortBy')) this.#sumSoon();
    if (changed.has('result')) this.renderRoot.querySelector('.scroller')?.scrollTo(0, 0);
    const dialog = this.renderRoot.querySelector('dialog');
    if (dialog && this.#opened && !dialog.open) dialog.showModal();
  }

  override render(): TemplateResult {
    const { result } = this;
    if (!result) return html``;
    const shown = Math.min(result.rowCount, mostRowsShown);
    const digits = String(shown).length;
    const columns = `${18 + digits * 8}px ${this.#widths.map((width) => `${width}px`).join(' ')}`;
    const active = this.choice?.active;
    return html`<div
        class="scroller"
        role="grid"
        tabindex="0"
        aria-label="Result"
        aria-rowcount=${result.rowCount + 1}
        aria-colcount=${result.columns.length}
        aria-multiselectable="true"
        aria-activedescendant=${active ? cellId(active) : nothing}
        .style=${`--columns: ${columns}`}
        @keydown=${(event: KeyboardEvent) => this.#key(event)}
        @focus=${() => (this.choice ??= startChoice)}
        @copy=${(event: ClipboardEvent) => this.#copyKey(event)}
      >
        ${this.#head(result)}
        <div class="body" .style=${`height: ${this.#rows.getTotalSize()}px`}>${this.#shownRows(result)}</div>
      </div>
      ${result.rowCount === 0 ? html`<p class="none">No row</p>` : nothing} ${this.sums ? sumsLine(this.sums) : nothing}
      ${this.#opened ? this.#dialog(this.#opened) : nothing}`;
  }

  /** Copies the chosen cells, or all of them, as tab-separated text with a head. */
  async copy(what: 'chosen' | 'all' = 'chosen'): Promise<void> {
    const { result } = this;
    if (!result) return;
    const all = { top: 0, bottom: result.rowCount - 1, left: 0, right: result.columns.length - 1 };
    const area = what === 'all' || !this.choice ? all : chosenArea(this.choice);
    const cells = (area.bottom - area.top + 1) * (area.right - area.left + 1);
    if (cells > mostCellsCopied) {
      throw new RangeError(
        `${formatCount(cells)} cells are too many to copy, at most ${formatCount(mostCellsCopied)}: download them instead`,
      );
    }
    const columns = formatColumns(result).slice(area.left, area.right + 1);
    const rows = await result.page(area.top, area.bottom + 1, this.sortBy);
    const chosen = rows.map((row) => row.slice(area.left, area.right + 1));
    const single = cells === 1;
    const head = tsvLines(
      columns.map(({ name }) => ({ name, numeric: false })),
      headerRow(columns),
    );
    const text = single ? (chosen[0]?.[0] ?? '') : head + tsvLines(columns, chosen);
    await copyText(text);
    this.dispatchEvent(new CustomEvent('copied', { detail: chosen.length }));
  }

  /** Sums of the chosen cells, once the choosing rests. */
  #sumSoon(): void {
    clearTimeout(this.#summing);
    this.sums = null;
    if (this.#chosenCells() < 2 || this.#chosenCells() > mostCellsSummed) return;
    this.#summing = setTimeout(() => void this.#sum(), restMs);
  }

  async #sum(): Promise<void> {
    const { result, choice, sortBy } = this;
    if (!result || !choice) return;
    const { top, bottom, left, right } = chosenArea(choice);
    try {
      const rows = await result.page(top, bottom + 1, sortBy);
      if (choice !== this.choice || result !== this.result) return;
      const numeric = result.columns.slice(left, right + 1).map(({ kind }) => kind === 'number');
      const sums = chosenSums(
        rows.map((row) => row.slice(left, right + 1)),
        numeric,
      );
      this.sums = sums.numbers ? sums : null;
    } catch (error) {
      this.#fail(error);
    }
  }

  #chosenCells(): number {
    if (!this.choice) return 0;
    const { top, bottom, left, right } = chosenArea(this.choice);
    return (bottom - top + 1) * (right - left + 1);
  }

  #turn(): void {
    const { result } = this;
    if (!result) return;
    const pages: RowPages = new RowPages(result, this.sortBy, (fault) => {
      if (pages !== this.#pages) return;
      if (fault) this.#fail(fault);
      this.#fit(result);
      this.requestUpdate();
    });
    this.#pages = pages;
    this.#rows.setOptions({ ...this.#rows.options, count: Math.min(result.rowCount, mostRowsShown) });
    this.#rows.measure();
  }

  #fail(fault: unknown): void {
    this.dispatchEvent(new CustomEvent('fault', { detail: fault }));
  }

  /** Widths by the first rows. Then columns grow with the rows on screen, and never shrink; one set by hand stays. */
  #fit(result: QueryResult): void {
    const first = Array.from({ length: Math.min(100, result.rowCount) }, (_, index) => index);
    const shown = this.#fitted ? this.#rows.getVirtualItems().map(({ index }) => index) : first;
    const rows = shown.map((index) => this.#pages?.row(index) ?? []);
    this.#widths = result.columns.map(({ name, type }, column) => {
      const before = this.#widths[column] ?? narrowest;
      if (this.#setByHand.has(column)) return before;
      const head = Math.max(name.length + 2, Math.min(type.length, 12) * 0.85);
      const needed = widthOf(Math.max(head, ...rows.map((row) => row[column]?.length ?? 0)));
      return this.#fitted ? Math.max(before, needed) : needed;
    });
    this.#fitted = true;
  }

  #head(result: QueryResult): TemplateResult {
    return html`<div class="row head" role="row" aria-rowindex="1">
      <div class="number" role="presentation">#</div>
      ${result.columns.map((column, index) => {
        const direction = this.sortBy?.column === index ? this.sortBy.direction : null;
        const place = { row: -1, column: index };
        return html`<div
          id=${cellId(place)}
          class="${column.kind === 'number' ? 'right' : ''} ${this.#isActive(place) ? 'active' : ''}"
          role="columnheader"
          aria-colindex=${index + 1}
          aria-sort=${direction ?? 'none'}
          title="${column.name}: ${column.type}; click to sort"
          @click=${() => this.#sort(index)}
        >
          <span class="name"
            >${column.name}${
              direction ? html` <span class="order">${direction === 'ascending' ? '↑' : '↓'}</span>` : nothing
            }</span
          >
          <span class="type">${column.type}</span>
          <span
            class="grip"
            @click=${(event: Event) => event.stopPropagation()}
            @pointerdown=${(event: PointerEvent) => this.#resize(event, index)}
          ></span>
        </div>`;
      })}
    </div>`;
  }

  /** A layer of its own, drawn from its own corner: 30 million pixels down, a float has no room for half a pixel. */
  #shownRows(result: QueryResult): TemplateResult {
    const items = this.#rows.getVirtualItems();
    return html`<div class="shown" role="rowgroup" .style=${`transform: translateY(${items[0]?.start ?? 0}px)`}>
      ${items.map(({ index }) => this.#row(result, index))}
    </div>`;
  }

  #row(result: QueryResult, index: number): TemplateResult {
    const cells = this.#pages?.row(index) ?? null;
    const area = this.choice ? chosenArea(this.choice) : null;
    const inRows = area !== null && index >= area.top && index <= area.bottom;
    return html`<div class="row" role="row" aria-rowindex=${index + 2}>
      <div class="cell number" role="rowheader">${index + 1}</div>
      ${result.columns.map((column, at) => {
        const place = { row: index, column: at };
        const value = cells ? (cells[at] ?? null) : undefined;
        const chosen = inRows && area !== null && at >= area.left && at <= area.right;
        return html`<div
          id=${cellId(place)}
          class="cell ${column.kind === 'number' ? 'right' : ''} ${value === null ? 'null' : ''} ${chosen ? 'chosen' : ''} ${
            this.#isActive(place) ? 'active' : ''
          }"
          role="gridcell"
          aria-colindex=${at + 1}
          aria-selected=${String(chosen)}
          @pointerdown=${(event: PointerEvent) => this.#point(event, place)}
          @pointerenter=${(event: PointerEvent) => this.#drag(event, place)}
          @dblclick=${() => this.#open(place)}
          .textContent=${shownText(value)}
        ></div>`;
      })}
    </div>`;
  }

  #dialog({ name, value }: { name: string; value: string }): TemplateResult {
    return html`<dialog aria-label="Value of ${name}" @close=${() => this.#close()}>
      <header>
        <span>${name}</span>
        <button type="button" @click=${() => void copyText(value)}>Copy</button>
        <button type="button" autofocus @click=${() => this.renderRoot.querySelector('dialog')?.close()}>Close</button>
      </header>
      <pre tabindex="0" .textContent=${value}></pre>
    </dialog>`;
  }

  #isActive(place: Place): boolean {
    const active = this.choice?.active;
    return active?.row === place.row && active.column === place.column;
  }

  #sort(column: number): void {
    const now = this.sortBy?.column === column ? this.sortBy.direction : null;
    const next = now === null ? 'ascending' : now === 'ascending' ? 'descending' : null;
    this.sortBy = next && { column, direction: next };
    this.dispatchEvent(new CustomEvent('sorted', { detail: this.sortBy }));
  }

  #key(event: KeyboardEvent): void {
    const { result } = this;
    if (!result || event.target !== event.currentTarget) return;
    const choice = this.choice ?? startChoice;
    if (event.altKey && (event.key === 'ArrowLeft' || event.key === 'ArrowRight')) {
      event.preventDefault();
      return this.#widen(choice.active.column, event.key === 'ArrowRight' ? 24 : -24);
    }
    if (event.key === 'Enter') {
      event.preventDefault();
      return choice.active.row < 0 ? this.#sort(choice.active.column) : this.#open(choice.active);
    }
    const pageRows = Math.max(1, Math.floor((this.clientHeight - headHeight) / rowHeight) - 1);
    const rows = Math.min(result.rowCount, mostRowsShown);
    const moved = moveChoice(choice, event, { rows, columns: result.columns.length, pageRows });
    if (!moved) return;
    event.preventDefault();
    this.choice = moved;
    this.#reveal(moved.active);
  }

  #reveal({ row, column }: Place): void {
    const scroller = this.renderRoot.querySelector('.scroller');
    if (!scroller) return;
    const top = row * rowHeight;
    const high = scroller.clientHeight - headHeight;
    if (row < 0 || top < scroller.scrollTop) scroller.scrollTop = Math.max(0, top);
    else if (top + rowHeight > scroller.scrollTop + high) scroller.scrollTop = top + rowHeight - high;
    const numberWide = 18 + String(this.#rows.options.count).length * 8;
    const left = this.#widths.slice(0, column).reduce((sum, width) => sum + width, 0);
    const right = left + (this.#widths[column] ?? 0);
    if (left < scroller.scrollLeft) scroller.scrollLeft = left;
    else if (right + numberWide > scroller.scrollLeft + scroller.clientWidth) {
      scroller.scrollLeft = right + numberWide - scroller.clientWidth;
    }
  }

  #copyKey(event: ClipboardEvent): void {
    event.preventDefault();
    this.copy().catch((error: unknown) => this.#fail(error));
  }

  #point(event: PointerEvent, place: Place): void {
    if (event.button !== 0) return;
    this.choice = { anchor: event.shiftKey && this.choice ? this.choice.anchor : place, active: place };
  }

  #drag(event: PointerEvent, place: Place): void {
    if (event.pointerType === 'mouse' && event.buttons === 1 && this.choice) {
      this.choice = { anchor: this.choice.anchor, active: place };
    }
  }

  #open(place: Place): void {
    const name = this.result?.columns[place.column]?.name;
    const value = this.#pages?.row(place.row)?.[place.column];
    if (name === undefined || value === undefined) return;
    this.#opened = { name, value: value ?? 'NULL' };
    this.requestUpdate();
  }

  #close(): void {
    this.#opened = null;
    this.requestUpdate();
    this.renderRoot.querySelector<HTMLElement>('.scroller')?.focus();
  }

  #widen(column: number, by: number): void {
    this.#setByHand.add(column);
    this.#widths[column] = Math.max(narrowest, (this.#widths[column] ?? narrowest) + by);
    this.requestUpdate();
  }

  #resize(event: PointerEvent, column: number): void {
    event.preventDefault();
    event.stopPropagation();
    const grip = event.currentTarget as HTMLElement;
    grip.setPointerCapture(event.pointerId);
    let last = event.clientX;
    const move = (moved: PointerEvent): void => {
      this.#widen(column, moved.clientX - last);
      last = moved.clientX;
    };
    grip.addEventListener('pointermove', move);
    grip.addEventListener('lostpointercapture', () => grip.removeEventListener('pointermove', move), { once: true });
  }
}

const startChoice: Choice = { anchor: { row: 0, column: 0 }, active: { row: 0, column: 0 } };

/** Without the last digits, which are the rounding of binary fractions. */
function say(value: number): string {
  return String(Number(value.toPrecision(12)));
}

function sumsLine({ cells, numbers }: ChosenSums): TemplateResult {
  return html`<div class="sums" role="status">
    ${cells}
    cells${
      numbers
        ? html` · sum <b>${say(numbers.sum)}</b> · mean <b>${say(Number(numbers.mean.toPrecision(6)))}</b> · from
            <b>${say(numbers.least)}</b> to <b>${say(numbers.most)}</b>`
        : nothing
    }
  </div>`;
}

function cellId({ row, column }: Place): string {
  return row < 0 ? `head-${column}` : `cell-${row}-${column}`;
}

/** NULL is said, an empty text is empty, and line ends are signs, so that a row stays one line. */
function shownText(value: Cell | undefined): string {
  if (value === undefined) return '';
  if (value === null) return 'null';
  return value.slice(0, mostLetters).replaceAll(/[\r\n]+/g, ' ⏎ ');
}

function widthOf(letters: number): number {
  return Math.round(Math.max(narrowest, Math.min(widest, letters * 7.6 + 26)));
}
