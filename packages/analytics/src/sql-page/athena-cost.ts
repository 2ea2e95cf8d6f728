/** Athena's list price in most regions: 5 dollars a terabyte scanned. */
const dollarsPerTerabyte = 5;
const megabyte = 2 ** 20;
const terabyte = 2 ** 40;
/** Athena charges no query for less. */
const leastBytes = 10 * megabyte;

/**
 * What Amazon Athena charges for a query that scans so many bytes, in US dollars: rounded up to whole megabytes,
 * 10 MB at least, also for a query that has run before.
 *
 * @see https://aws.amazon.com/athena/pricing/
 */
export function athenaCost(scannedBytes: number): number {
  const charged = Math.max(leastBytes, Math.ceil(scannedBytes / megabyte) * megabyte);
  return (charged / terabyte) * dollarsPerTerabyte;
}

/** Dollars with as many digits as tell something: $0.00005, $0.012, $3.40. */
export function formatDollars(dollars: number): string {
  if (dollars >= 1) return `$${dollars.toFixed(2)}`;
  return `$${Number(dollars.toPrecision(2)).toFixed(dollars >= 0.01 ? 3 : 5)}`;
}

/** Bytes in words: 512 B, 42 kB, 1.2 MB. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit === 0 || value >= 99.5 ? Math.round(value) : Number(value.toPrecision(2))} ${units[unit] ?? ''}`;
}
