/**
 * What a failed call means.
 * `throttled`: over a limit, nothing was done. `passing`: may work the next time, and may have worked this time.
 * `final`: will not work until someone changes something; nothing was done.
 */
export type FaultKind = 'throttled' | 'passing' | 'final';

const throttling = new Set([
  'KMSThrottlingException',
  'LimitExceededException',
  'ProvisionedThroughputExceededException',
  'RequestLimitExceeded',
  'Throttling',
  'ThrottlingException',
  'TooManyRequestsException',
]);
/** Refusals of one moment: clocks and tokens are set right between two calls. */
const passing = new Set([
  'ExpiredTokenException',
  'RequestExpired',
  'RequestInTheFuture',
  'RequestTimeTooSkewed',
  'RequestTimeout',
  'ResourceInUseException',
]);

/** Kind of a fault, by the name and status that the service gave; what has none failed on the way. */
export function kindOfFault(fault: unknown): FaultKind {
  const { name, httpStatus, message } = partsOf(fault);
  if (throttling.has(name) || httpStatus === 429) return 'throttled';
  if (name === 'CredentialsProviderError' || isRegionMissing(message)) return 'final';
  if (httpStatus === undefined || httpStatus >= 500 || httpStatus < 400) return 'passing';
  if (passing.has(name) || /signature (?:expired|not yet current)/i.test(message)) return 'passing';
  return 'final';
}

/** `ProvisionedThroughputExceededException: Rate exceeded for shard ...`. */
export function describeFault(fault: unknown): string {
  const { name, message } = partsOf(fault);
  const line = message.split('\n', 1)[0]!;
  if (line === '') return name;
  return name === 'Error' ? line : `${name}: ${line}`;
}

/** Whether the SDK found no region to ask: it has no name for that. */
export function isRegionMissing(message: string): boolean {
  return message.startsWith('Region is missing');
}

/** Name of a fault, as the service gave it. */
export function nameOfFault(fault: unknown): string {
  return partsOf(fault).name;
}

interface Parts {
  name: string;
  message: string;
  httpStatus: number | undefined;
}

function partsOf(fault: unknown): Parts {
  if (!(fault instanceof Error)) return { name: 'Error', message: String(fault), httpStatus: undefined };
  const { code, $metadata } = fault as { code?: unknown; $metadata?: { httpStatusCode?: number } };
  const name = fault.name === 'Error' && typeof code === 'string' ? code : fault.name;
  return { name, message: fault.message, httpStatus: $metadata?.httpStatusCode };
}
