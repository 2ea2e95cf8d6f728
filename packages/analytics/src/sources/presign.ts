/** Keys of AWS, temporary ones as a rule. */
export interface AwsKeys {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string;
  /** When they cease to work, milliseconds since 1970 UTC. Left out: never. */
  expiresAt?: number;
}

export interface PresignOptions {
  keys: AwsKeys;
  /** Region of the bucket, such as `eu-central-1`. */
  region: string;
  /** How long the address works, seconds; the keys may expire before. At most 604,800. */
  expiresSec: number;
  /** Time of the signature, milliseconds since 1970 UTC. */
  nowAt: number;
}

/**
 * An S3 address that whoever has it may GET, until it expires: Signature Version 4 in the query string. It holds for any
 * range, for `Range` is no part of what is signed; and a request with nothing but a range needs no CORS preflight.
 *
 * @throws TypeError on a page that is no secure context, where the browser has no WebCrypto
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
 */
export async function presign(url: string, options: PresignOptions): Promise<string> {
  const { keys, region, expiresSec, nowAt } = options;
  const time = new Date(nowAt).toISOString().replace(/[-:]|\.\d{3}/g, '');
  const scope = `${time.slice(0, 8)}/${region}/s3/aws4_request`;
  const signed = new URL(url);
  const query: [string, string][] = [
    ...signed.searchParams,
    ['X-Amz-Algorithm', 'AWS4-HMAC-SHA256'],
    ['X-Amz-Credential', `${keys.accessKeyId}/${scope}`],
    ['X-Amz-Date', time],
    ['X-Amz-Expires', String(expiresSec)],
    ['X-Amz-SignedHeaders', 'host'],
    ...(keys.sessionToken ? [['X-Amz-Security-Token', keys.sessionToken] satisfies [string, string]] : []),
  ];
  const search = query
    .map(([name, value]) => `${encoded(name)}=${encoded(value)}`)
    .toSorted()
    .join('&');
  const path = signed.pathname
    .split('/')
    .map((part) => encoded(decodeURIComponent(part)))
    .join('/');
  const request = ['GET', path, search, `host:${signed.host}`, '', 'host', 'UNSIGNED-PAYLOAD'].join('\n');
  const text = ['AWS4-HMAC-SHA256', time, scope, hex(await digest(request))].join('\n');
  const signature = hex(await hmac(await signingKey(keys, scope), text));
  return `${signed.origin}${path}?${search}&X-Amz-Signature=${signature}`;
}

const signingKeys = new WeakMap<AwsKeys, { scope: string; key: Promise<ArrayBuffer> }>();

/** One for each day and region, and derived once, for a lake has many files. */
function signingKey(keys: AwsKeys, scope: string): Promise<ArrayBuffer> {
  const known = signingKeys.get(keys);
  if (known?.scope === scope) return known.key;
  const key = scope
    .split('/')
    .reduce(
      async (made: Promise<BufferSource>, part) => hmac(await made, part),
      Promise.resolve(bytesOf(`AWS4${keys.secretAccessKey}`)),
    ) as Promise<ArrayBuffer>;
  signingKeys.set(keys, { scope, key });
  return key;
}

/** As AWS has it: all but letters, digits and `-._~`. */
function encoded(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
}

const bytesOf = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);

const digest = (text: string): Promise<ArrayBuffer> => crypto.subtle.digest('SHA-256', bytesOf(text));

async function hmac(key: BufferSource, text: string): Promise<ArrayBuffer> {
  const imported = await crypto.subtle.importKey('raw', key, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']);
  return crypto.subtle.sign('HMAC', imported, bytesOf(text));
}

function hex(bytes: ArrayBuffer): string {
  return Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
