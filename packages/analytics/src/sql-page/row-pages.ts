import type { QueryResult, SortBy } from './query-result.ts';
import type { Cell } from './text-formats.ts';

const rowsPerPage = 200;
/** Pages kept; a scroll through more reads them again. */
const mostPages = 60;

/** The rows of a result as one looks at them: pages come when first asked for, and the oldest go. */
export class RowPages {
  readonly #result: QueryResult;
  readonly #sortBy: SortBy | null;
  readonly #came: (fault: unknown) => void;
  readonly #pages = new Map<number, Cell[][] | 'coming'>();

  /** @param came told when a page has come, or with what went wrong */
  constructor(result: QueryResult, sortBy: SortBy | null, came: (fault: unknown) => void) {
    this.#result = result;
    this.#sortBy = sortBy;
    this.#came = came;
  }

  /** A row, or null while its page is coming. */
  row(index: number): readonly Cell[] | null {
    const number = Math.floor(index / rowsPerPage);
    const page = this.#pages.get(number);
    if (page === undefined) void this.#fetch(number);
    return page === undefined || page === 'coming' ? null : (page[index % rowsPerPage] ?? null);
  }

  async #fetch(number: number): Promise<void> {
    this.#pages.set(number, 'coming');
    const from = number * rowsPerPage;
    try {
      this.#pages.set(number, await this.#result.page(from, from + rowsPerPage, this.#sortBy));
      const [oldest] = this.#pages.keys();
      if (this.#pages.size > mostPages && oldest !== undefined) this.#pages.delete(oldest);
      this.#came(null);
    } catch (error) {
      this.#came(error);
    }
  }
}
