/** 8 characters of [0-9a-z]. Not a secret; `crypto.randomUUID` is missing on plain http. */
export const randomId = (): string => Math.random().toString(36).slice(2, 10).padEnd(8, '0');
