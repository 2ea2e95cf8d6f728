import { accessSync, constants, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { StreamFullError, StreamUnavailableError } from '../stream.ts';

/** After a failed write, how long nothing is tried, milliseconds. */
const restMs = 1000;

/**
 * Looks before each commit whether the disk will take it. When the system refuses a write, lmdb 3.5.6 prints more into
 * its message than that holds and may end the process (`malloc(): corrupted top size`); a failed sync it survives.
 */
export class DiskGuard {
  readonly #path: string;
  /** The fault of the last commit, until a write of our own succeeds. */
  #fault: { text: string; at: number } | undefined;

  /** `path`: the log's folder. */
  constructor(path: string) {
    this.#path = path;
  }

  /** Free disk, bytes. */
  freeBytes(): number {
    const { bavail, bsize } = statfsSync(this.#path);
    return bavail * bsize;
  }

  /**
   * @throws StreamFullError if less than `leastBytes` are free
   * @throws StreamUnavailableError if the disk is read-only, which most file systems become after a fault, or still faulty
   */
  check(leastBytes: number): void {
    const freeBytes = this.freeBytes();
    if (freeBytes < leastBytes)
      throw new StreamFullError(
        `log at ${this.#path}: ${freeBytes} bytes free on the disk, needs ${leastBytes}; nothing was stored; free the disk`,
      );
    this.#attempt(() => accessSync(join(this.#path, 'data.mdb'), constants.W_OK));
    if (this.#fault) this.#probe(this.#fault);
  }

  /** Remembers that a commit failed. */
  failed(text: string): void {
    this.#fault = { text, at: performance.now() };
  }

  #probe({ text, at }: { text: string; at: number }): void {
    if (performance.now() - at < restMs) throw this.#refusal(text);
    const probe = join(this.#path, 'probe');
    this.#attempt(() => writeFileSync(probe, Buffer.alloc(4096), { flush: true }));
    rmSync(probe, { force: true });
    this.#fault = undefined;
  }

  #attempt(action: () => void): void {
    try {
      action();
    } catch (cause) {
      const text = cause instanceof Error ? cause.message : String(cause);
      this.failed(text);
      throw this.#refusal(text, cause);
    }
  }

  #refusal(text: string, cause?: unknown): StreamUnavailableError {
    return new StreamUnavailableError(`log at ${this.#path}: ${text}; nothing was stored; check the disk`, { cause });
  }
}
