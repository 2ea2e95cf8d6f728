/** JSON without NUL and without halves of surrogate pairs, for which a collector refuses the whole event. */
export const safeJson = (value: unknown): string =>
  JSON.stringify(value).replace(/(\\\\)|\\u(?:d[89a-f]..|0000)/g, '$1');
