/** An event that was refused, kept with the reason. */
export interface DeadLetter {
  /** Arrival, milliseconds since 1970 UTC. */
  received_at: number;
  /** What was wrong, as the client was told. */
  reason: string;
  /** Place in the batch's `events`, from 0; null if the batch itself could not be read. */
  index: number | null;
  /** What the client sent; for an unreadable batch the beginning of its text. */
  event: unknown;
}

/** Where refused events are kept. */
export interface DeadLetters {
  /** Resolves when the letters are written. */
  append(letters: readonly DeadLetter[]): Promise<void>;
}
