import { createReadStream } from 'node:fs';
import { rm, stat } from 'node:fs/promises';
import { Readable } from 'node:stream';

import {
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';

import type { FileStore } from '../files/file-store.ts';
import { type ByteRange, type ListedObject, ReplaceConflictError, type StoredObject } from '../object-store.ts';
import { fileCache } from './file-cache.ts';

export interface S3StoreOptions {
  client: S3Client;
  bucket: string;
  /** Before every key, such as `lake/`. Default none. */
  prefix?: string;
  /** A local folder for copies of files that DuckDB reads; made if it is not there. */
  cacheFolder: string;
  /** What the copies may take, bytes; files in use may exceed it. Default 2 GiB. */
  maxCacheBytes?: number;
}

/** Keys in one request to delete. */
const maxDeleted = 1000;

/**
 * A store in a bucket of S3, or of a server that speaks it with conditional puts (`If-Match`, `If-None-Match`).
 * `replace` is such a put: S3 itself lets one writer win, so that several processes need no lock.
 *
 * @example
 * const store = s3Store({ client: new S3Client({}), bucket: 'shop', prefix: 'lake/', cacheFolder: '/tmp/lake' });
 * const lake = await openLake({ store, workFolder: '/tmp/lake' });
 */
export function s3Store(options: S3StoreOptions): FileStore {
  const { client, bucket: Bucket, prefix = '' } = options;
  const at = (key: string) => ({ Bucket, Key: `${prefix}${key}` });
  const cache = fileCache({
    folder: options.cacheFolder,
    maxBytes: options.maxCacheBytes ?? 2 * 1024 ** 3,
    fetch: async (key) => {
      const { Body } = await client.send(new GetObjectCommand(at(key)));
      if (!(Body instanceof Readable))
        throw new Error(`s3://${Bucket}/${prefix}${key}: no stream of bytes in the answer`);
      return Body;
    },
  });
  return {
    get: (key, range) => getObject(client, at(key), range),
    put: async (key, body) => {
      await client.send(new PutObjectCommand({ ...at(key), Body: body }));
    },
    replace: async (key, body, tag) => {
      const condition = tag === undefined ? { IfNoneMatch: '*' } : { IfMatch: tag };
      try {
        const { ETag } = await client.send(new PutObjectCommand({ ...at(key), Body: body, ...condition }));
        return ETag ?? '';
      } catch (cause) {
        // 404: If-Match of an object that is gone; 409: two conditional puts at once; 412: another was first.
        if ([404, 409, 412].includes(statusOf(cause))) throw new ReplaceConflictError(key, { cause });
        throw cause;
      }
    },
    list: async (start) => {
      const found = await listObjects(client, Bucket, `${prefix}${start}`);
      return found.map((each) => ({ ...each, key: each.key.slice(prefix.length) }));
    },
    delete: async (keys) => {
      await deleteObjects(
        client,
        Bucket,
        keys.map((key) => `${prefix}${key}`),
      );
      for (const key of keys) await cache.forget(key);
    },
    putFile: async (key, path) => {
      const { size } = await stat(path);
      await client.send(new PutObjectCommand({ ...at(key), Body: createReadStream(path), ContentLength: size }));
      await rm(path);
      return size;
    },
    openFile: (key) => cache.open(key),
  };
}

async function getObject(
  client: S3Client,
  at: { Bucket: string; Key: string },
  range?: ByteRange,
): Promise<StoredObject | undefined> {
  try {
    const Range = range && { Range: `bytes=${range.start}-${range.end - 1}` };
    const answer = await client.send(new GetObjectCommand({ ...at, ...Range }));
    const body = (await answer.Body?.transformToByteArray()) ?? new Uint8Array();
    const total = answer.ContentRange?.split('/')[1];
    return { body, tag: answer.ETag ?? '', totalBytes: total === undefined ? body.length : Number(total) };
  } catch (error) {
    if (statusOf(error) === 404) return undefined;
    if (statusOf(error) !== 416) throw error;
    // A range that begins past the end: no bytes of it.
    const head = await client.send(new HeadObjectCommand(at));
    return { body: new Uint8Array(), tag: head.ETag ?? '', totalBytes: head.ContentLength ?? 0 };
  }
}

async function listObjects(client: S3Client, Bucket: string, Prefix: string): Promise<ListedObject[]> {
  const found: ListedObject[] = [];
  let next: string | undefined;
  do {
    const page = await client.send(
      new ListObjectsV2Command({ Bucket, Prefix, ...(next === undefined ? {} : { ContinuationToken: next }) }),
    );
    for (const { Key = '', Size = 0, LastModified } of page.Contents ?? []) {
      found.push({ key: Key, bytes: Size, modifiedAt: LastModified?.getTime() ?? 0 });
    }
    next = page.NextContinuationToken;
  } while (next !== undefined);
  return found;
}

async function deleteObjects(client: S3Client, Bucket: string, keys: readonly string[]): Promise<void> {
  for (let start = 0; start < keys.length; start += maxDeleted) {
    const Objects = keys.slice(start, start + maxDeleted).map((Key) => ({ Key }));
    const { Errors } = await client.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects, Quiet: true } }));
    const [fault] = Errors ?? [];
    if (fault) throw new Error(`s3://${Bucket}/${fault.Key}: not deleted, ${fault.Code}: ${fault.Message}`);
  }
}

function statusOf(error: unknown): number {
  return error instanceof S3ServiceException ? (error.$metadata.httpStatusCode ?? 0) : 0;
}
