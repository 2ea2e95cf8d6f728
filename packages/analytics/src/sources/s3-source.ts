import type { Manifest, ManifestFile, TableName } from '@taphouse/schema';

import { ConnectError } from '../query-error.ts';
import { cognitoKeys, type IdentityPool, poolRegion } from './cognito-keys.ts';
import { dayOf } from './day-of.ts';
import { ask, fetchBytes, readManifest, registerUrl } from './http-source.ts';
import type { LakeFile, LakeSource } from './lake-source.ts';
import { type AwsKeys, presign } from './presign.ts';

/** How a page may read a bucket: keys, whoever gives them, or an identity pool that does. */
export type Credentials = IdentityPool | (() => Promise<AwsKeys>);

export interface S3SourceOptions {
  /** `s3://bucket/prefix/`. */
  lake: string;
  /** Left out: a bucket that everyone may read. */
  credentials?: Credentials | undefined;
  /** Region of the bucket. Default: that of the identity pool. */
  region?: string | undefined;
  /** Another address than AWS's own, with the bucket in the path: an S3 of another maker, or a test's. */
  endpoint?: string | undefined;
}

/** Addresses are made to last this long; their keys expire before. */
const expiresSec = 43_200;
/** Keys are changed this long before they expire, or at half their life. */
const marginMs = 300_000;

/**
 * A lake in S3, read with addresses presigned for GET. A table without a manifest is listed: all its Parquet files are
 * then taken for live.
 *
 * @throws RangeError if `lake` is no `s3://` address, or no region is known
 */
export function s3Source(options: S3SourceOptions): LakeSource {
  const base = baseUrl(options);
  const { sign, renew } = signer(options);
  const urlOf = (path: string): string => new URL(path.split('/').map(encodeURIComponent).join('/'), base).href;

  const manifestOf = async (table: TableName): Promise<Manifest | null> => {
    const url = urlOf(`${table}/manifest.json`);
    const answer = await ask(await sign(url), { cache: 'no-store' });
    // S3 says 403 where nothing is and the role may not list.
    return answer.status === 404 || answer.status === 403 ? listed(table) : readManifest(answer, url);
  };
  const listed = async (table: TableName): Promise<Manifest | null> => {
    const files = await listFiles(table, { options, sign }).catch((cause: unknown) => {
      throw new ConnectError(
        `lake at ${options.lake}: neither ${table}/manifest.json nor a listing (${String(cause)}); check the bucket's name and region, and allow the role s3:GetObject, and s3:ListBucket where there is no manifest`,
        { cause },
      );
    });
    return files.length === 0 ? null : manifestFor(table, files);
  };
  return {
    async manifests() {
      const [rawdata, aggregated] = await Promise.all([manifestOf('rawdata'), manifestOf('aggregated')]);
      return { rawdata, aggregated };
    },
    async register(engine, name, file) {
      await registerUrl(engine, name, await sign(urlOf(pathOf(file))), file.bytes);
    },
    fetchWhole: async (file) => fetchBytes(await sign(urlOf(pathOf(file)))),
    renew,
  };
}

const pathOf = ({ table, path }: LakeFile): string => `${table}/${path}`;

interface Place {
  bucket: string;
  /** With `/` at its end, or empty. */
  prefix: string;
}

function placeOf(lake: string): Place {
  const [, bucket, prefix = ''] = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/(.*))?$/.exec(lake) ?? [];
  if (!bucket) throw new RangeError(`lake: ${lake}; give s3://bucket/prefix/`);
  return { bucket, prefix: prefix.replace(/\/*$/, prefix ? '/' : '') };
}

function regionOf({ region, credentials }: S3SourceOptions): string {
  if (region) return region;
  if (credentials && typeof credentials !== 'function') return poolRegion(credentials);
  throw new RangeError('region: none; name the region of the bucket');
}

/** Address of the bucket, with `/` at its end. */
function bucketUrl(options: S3SourceOptions): string {
  const { bucket } = placeOf(options.lake);
  if (options.endpoint) return `${options.endpoint.replace(/\/*$/, '')}/${bucket}/`;
  const host = `s3.${regionOf(options)}.amazonaws.com`;
  // The certificate of S3 is for one label.
  return bucket.includes('.') ? `https://${host}/${bucket}/` : `https://${bucket}.${host}/`;
}

function baseUrl(options: S3SourceOptions): string {
  return new URL(placeOf(options.lake).prefix.split('/').map(encodeURIComponent).join('/'), bucketUrl(options)).href;
}

interface Signer {
  sign: (url: string) => Promise<string>;
  renew: () => Promise<boolean>;
}

/** Signs with the keys at hand; `renew` says whether they had to be changed, and with them every address. */
function signer(options: S3SourceOptions): Signer {
  const { credentials } = options;
  if (!credentials) return { sign: async (url) => url, renew: async () => false };
  const region = regionOf(options);
  const give = typeof credentials === 'function' ? credentials : cognitoKeys(credentials);
  let held: Promise<AwsKeys> | null = null;
  let freshUntilAt = Infinity;
  const take = (): Promise<AwsKeys> => {
    const askedAt = Date.now();
    const taken = give().then((keys) => {
      const { expiresAt = Infinity } = keys;
      const untilAt = Math.min(expiresAt, askedAt + expiresSec * 1000);
      freshUntilAt = Math.max(untilAt - marginMs, (askedAt + untilAt) / 2);
      return keys;
    });
    held = taken;
    taken.catch(() => (held = null));
    return taken;
  };
  return {
    async sign(url) {
      return presign(url, { keys: await (held ?? take()), region, expiresSec, nowAt: Date.now() });
    },
    async renew() {
      if (!held || Date.now() < freshUntilAt) return false;
      await take();
      return true;
    },
  };
}

interface ListedFile {
  /** Relative to the table. */
  path: string;
  bytes: number;
  etag: string;
}

/** All Parquet files of a table. */
async function listFiles(
  table: TableName,
  { options, sign }: { options: S3SourceOptions; sign: Signer['sign'] },
): Promise<ListedFile[]> {
  const { prefix } = placeOf(options.lake);
  const found: ListedFile[] = [];
  let token: string | undefined;
  do {
    const url = new URL(bucketUrl(options));
    url.searchParams.set('list-type', '2');
    url.searchParams.set('encoding-type', 'url');
    url.searchParams.set('prefix', `${prefix}${table}/`);
    if (token) url.searchParams.set('continuation-token', token);
    const answer = await ask(await sign(url.href), { cache: 'no-store' });
    if (!answer.ok) throw new ConnectError(`answered ${answer.status}`);
    const text = await answer.text();
    for (const [, entry = ''] of text.matchAll(/<Contents>([\s\S]*?)<\/Contents>/g)) {
      const path = decodeURIComponent(within(entry, 'Key').replaceAll('+', ' ')).slice(
        prefix.length + table.length + 1,
      );
      if (/(^|\/)[^/._][^/]*\.parquet$/.test(path)) {
        found.push({ path, bytes: Number(within(entry, 'Size')), etag: within(entry, 'ETag') });
      }
    }
    token = within(text, 'NextContinuationToken') || undefined;
  } while (token);
  return found;
}

/** What S3 says in an element. Keys come percent-encoded, and the rest holds nothing that XML would hide. */
function within(xml: string, name: string): string {
  return new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1] ?? '';
}

/** What a manifest would say of these files, as far as their names tell: a file of a day holds that day. */
function manifestFor(table: TableName, listed: readonly ListedFile[]): Manifest {
  const files = listed.map(({ path, bytes }): ManifestFile => ({
    path,
    bytes,
    rows: 0,
    ...dayOf(path),
    sealed: false,
  }));
  const version = checksum(listed.map(({ path, etag }) => `${path} ${etag}`).join('\n'));
  return { format: 1, table, version, committedAt: 0, files, removed: [], marks: {} };
}

/** FNV-1a: the same files give the same number. */
function checksum(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return hash >>> 0;
}
