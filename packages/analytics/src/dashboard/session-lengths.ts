const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;

/** Lengths a hand can set, milliseconds. */
const lengths: readonly number[] = [
  ...[1, 2, 5, 10, 15, 20, 30, 45].map((n) => n * second),
  ...[1, 1.5, 2, 3, 4, 5, 7, 10, 12, 15, 20, 25, 30, 35, 40, 45, 50, 55].map((n) => n * minute),
  ...[1, 1.25, 1.5, 1.75, 2, 2.5, 3, 3.5, 4].map((n) => n * hour),
];

/** The lengths that rows of a step can answer. The step is the first. */
export function lengthsFrom(stepMs: number): number[] {
  return [stepMs, ...lengths.filter((length) => length > stepMs)];
}
