import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { CreateBucketCommand, GetBucketCorsCommand, PutBucketPolicyCommand, S3Client } from '@aws-sdk/client-s3';
import { click, sessionRow, testTime } from '@taphouse/schema/testing';
import type { Commit } from '@taphouse/sessions';
import { afterAll, describe, expect, it } from 'vitest';

import { testObjectStore } from '../conformance.ts';
import { openLake } from '../files/lake.ts';
import { openQuery } from '../files/open-query.ts';
import { letPagesRead } from './let-pages-read.ts';
import { s3Store } from './s3-store.ts';

/** Set by scripts/test-s3.ts. */
const endpoint = process.env.TAPHOUSE_TEST_S3;

function commit(sequence: number): Commit {
  const user_id = `user ${sequence % 3}`;
  return {
    shard: '0',
    configHash: 's',
    from: null,
    mark: { position: String(sequence).padStart(6, '0'), clockAt: testTime, drained: true },
    events: [click({ user_id }), click({ user_id })],
    rows: [sessionRow({ user_id, events: 2 })],
    stepMs: 30_000,
  };
}

describe.skipIf(!endpoint)('over S3', () => {
  const clients: S3Client[] = [];
  const folders: string[] = [];
  let buckets = 0;

  function newClient(): S3Client {
    const client = new S3Client({
      ...(endpoint ? { endpoint } : {}),
      region: 'us-east-1',
      forcePathStyle: true,
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    });
    clients.push(client);
    return client;
  }

  async function newBucket(): Promise<string> {
    const bucket = `lake-${process.pid}-${(buckets += 1)}`;
    await newClient().send(new CreateBucketCommand({ Bucket: bucket }));
    return bucket;
  }

  async function newFolder(): Promise<string> {
    const folder = await mkdtemp(join(tmpdir(), 's3-'));
    folders.push(folder);
    return folder;
  }

  afterAll(async () => {
    for (const client of clients) client.destroy();
    for (const folder of folders) await rm(folder, { recursive: true });
  });

  testObjectStore('S3', async () => {
    const bucket = await newBucket();
    const cacheFolder = await newFolder();
    const open = () => s3Store({ client: newClient(), bucket, prefix: 'a/lake/', cacheFolder });
    return { store: open(), other: open(), dispose: async () => {} };
  });

  it('a lake takes commits, merges, seals, erases, and answers queries, from two writers', async () => {
    const bucket = await newBucket();
    const place = async () => {
      const workFolder = await newFolder();
      return { workFolder, store: s3Store({ client: newClient(), bucket, cacheFolder: join(workFolder, 'cache') }) };
    };
    const [one, two] = [await place(), await place()];
    const lakes = await Promise.all([openLake({ ...one, sealAfterMs: Infinity }), openLake(two)]);
    const [lake, other] = lakes;
    const query = await openQuery(await place());
    const count = async (sql: string): Promise<unknown> =>
      (await query.query(`SELECT count(*)::INTEGER AS n FROM ${sql}`)).rows;
    for (let sequence = 1; sequence <= 14; sequence += 1) await lake.write(commit(sequence));
    expect([await count('rawdata'), await count('aggregated')]).toEqual([[{ n: 28 }], [{ n: 14 }]]);
    await other.compact({ before: testTime + 86_400_000 });
    expect([await count('events'), await count('aggregated')]).toEqual([[{ n: 28 }], [{ n: 3 }]]);
    expect(await other.erase({ userIds: ['user 1'] })).toMatchObject({ rows: 10 + 1, proof: { found: 0 } });
    expect([await count('rawdata'), await count('sessions')]).toEqual([[{ n: 18 }], [{ n: 2 }]]);
    expect(await other.mark('0')).toEqual(commit(14).mark);
    for (const each of lakes) await each.close();
    await query.close();
  });

  it('keeps no more local copies than it was told to', async () => {
    const bucket = await newBucket();
    const cacheFolder = await newFolder();
    const store = s3Store({ client: newClient(), bucket, cacheFolder, maxCacheBytes: 2500 });
    for (const key of ['a', 'b', 'c', 'd']) await store.put(key, new Uint8Array(1000));
    const opened = await Promise.all(['a', 'b', 'c', 'd'].map((key) => store.openFile(key)));
    expect((await readdir(cacheFolder)).length).toBe(4);
    for (const file of opened) await file.release();
    expect((await readdir(cacheFolder)).length).toBe(2);
  });

  it('lets pages of an origin read by ranges', async () => {
    const bucket = await newBucket();
    const client = newClient();
    await letPagesRead(client, { bucket, origins: ['https://shop.example'] });
    const { CORSRules } = await client.send(new GetBucketCorsCommand({ Bucket: bucket }));
    expect(CORSRules).toMatchObject([{ AllowedOrigins: ['https://shop.example'], AllowedMethods: ['GET', 'HEAD'] }]);
    const store = s3Store({ client, bucket, cacheFolder: await newFolder() });
    await store.put('x.parquet', new TextEncoder().encode('0123456789'));
    const allowed = { Effect: 'Allow', Principal: '*', Action: 's3:GetObject', Resource: `arn:aws:s3:::${bucket}/*` };
    const Policy = JSON.stringify({ Version: '2012-10-17', Statement: [allowed] });
    await client.send(new PutBucketPolicyCommand({ Bucket: bucket, Policy }));
    const url = `${endpoint}/${bucket}/x.parquet`;
    const page = await fetch(url, { headers: { Origin: 'https://shop.example', Range: 'bytes=2-4' } });
    expect([page.status, await page.text()]).toEqual([206, '234']);
    expect(page.headers.get('content-range')).toBe('bytes 2-4/10');
    expect(['*', 'https://shop.example']).toContain(page.headers.get('access-control-allow-origin'));
    const answer = await store.get('x.parquet', { start: 3, end: 6 });
    expect(new TextDecoder().decode(answer?.body)).toBe('345');
    const past = await store.get('x.parquet', { start: 20, end: 30 });
    expect([past?.body.length, past?.totalBytes]).toEqual([0, 10]);
  });
});
