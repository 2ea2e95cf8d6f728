import type { Limits } from './limits.ts';
import { eventShape, type Field, readFields, type Shape } from './shape.ts';

/** Shapes kept; a site has some dozens. Past it they are learned anew. */
const maxShapes = 200;
/** Shapes tried before an event is taken apart to look its shape up. */
const maxTried = 8;

/** The shapes of events seen so far. */
export class ShapeBook {
  readonly #limits: Limits;
  readonly #bySignature = new Map<string, Shape>();
  /** Seen of late; the last one first. */
  readonly #tried: Shape[] = [];
  #mayLearn = true;

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  /**
   * Begins a batch, which may teach one shape: an expression costs as much to make as hundreds of events to parse, and a
   * client may write a new shape each time.
   */
  open(): void {
    this.#mayLearn = true;
  }

  /** The run of events of one shape at `start`, the shape then being `last`; null if the first of them has none. */
  match(text: string, start: number): RegExpExecArray | null {
    const tried = this.#tried;
    for (let i = 0; i < tried.length; i += 1) {
      const match = runOf(tried[i]!, text, start);
      if (!match) continue;
      if (i > 0) this.#putFirst(i);
      return match;
    }
    const shape = this.#lookUp(text, start);
    if (!shape) return null;
    if (!tried.includes(shape)) tried[Math.min(tried.length, maxTried - 1)] = shape;
    this.#putFirst(tried.indexOf(shape));
    return runOf(shape, text, start);
  }

  /** Shape of the last match. */
  get last(): Shape {
    return this.#tried[0]!;
  }

  #putFirst(place: number): void {
    const tried = this.#tried;
    [tried[0], tried[place]] = [tried[place]!, tried[0]!];
  }

  #lookUp(text: string, start: number): Shape | null {
    const fields = readFields(text, start);
    if (!fields) return null;
    const signature = `${signatureOf(fields.own)}{${fields.properties ? signatureOf(fields.properties) : ''}`;
    const known = this.#bySignature.get(signature);
    if (known || !this.#mayLearn) return known ?? null;
    const shape = eventShape(fields, this.#limits);
    if (!shape) return null;
    this.#mayLearn = false;
    if (this.#bySignature.size >= maxShapes) this.#bySignature.clear();
    this.#bySignature.set(signature, shape);
    return shape;
  }
}

/** No key has a quote in it. */
function signatureOf(fields: readonly Field[]): string {
  return fields.map(({ key, kind }) => `"${key}":${kind}`).join();
}

function runOf({ run }: Shape, text: string, start: number): RegExpExecArray | null {
  run.lastIndex = start;
  return run.exec(text);
}
