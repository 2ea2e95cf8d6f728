import { createHash, createHmac } from 'node:crypto';

import { SignatureV4 } from '@smithy/signature-v4';
import { describe, expect, it } from 'vitest';

import { presign } from './presign.ts';

const keys = { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY' };

/** SHA-256 as the AWS SDK wants it. */
class Sha256 {
  readonly #hash;
  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.#hash = secret === undefined ? createHash('sha256') : createHmac('sha256', secret as string | Uint8Array);
  }
  update(data: Uint8Array): void {
    this.#hash.update(data);
  }
  digest(): Promise<Uint8Array> {
    return Promise.resolve(this.#hash.digest());
  }
  reset(): void {}
}

/** What the AWS SDK signs. */
async function bySdk(url: string, region: string, sessionToken: string, nowAt: number): Promise<string | undefined> {
  const { hostname, pathname, searchParams, protocol } = new URL(url);
  const signer = new SignatureV4({
    credentials: { ...keys, sessionToken },
    region,
    service: 's3',
    sha256: Sha256,
    uriEscapePath: false,
  });
  // As the S3 client hands it over: see extendedEncodeURIComponent.
  const path = decodeURIComponent(pathname).replace(/[^\w./~-]/gu, (sign) =>
    Array.from(new TextEncoder().encode(sign), (byte) => `%${byte.toString(16).toUpperCase()}`).join(''),
  );
  const request = { method: 'GET', protocol, hostname, path, query: Object.fromEntries(searchParams) };
  const headers = { host: hostname, 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' };
  const signed = await signer.presign(
    { ...request, headers },
    {
      signingDate: new Date(nowAt),
      expiresIn: 600,
      unhoistableHeaders: new Set(['x-amz-content-sha256']),
      unsignableHeaders: new Set(['x-amz-content-sha256']),
    },
  );
  return signed.query?.['X-Amz-Signature'] as string | undefined;
}

describe('presign', () => {
  it('signs the example of the S3 documentation', async () => {
    const url = await presign('https://examplebucket.s3.amazonaws.com/test.txt', {
      keys,
      region: 'us-east-1',
      expiresSec: 86_400,
      nowAt: Date.UTC(2013, 4, 24),
    });
    expect(new URL(url).searchParams.get('X-Amz-Signature')).toBe(
      'aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404',
    );
  });

  it.each([
    'https://lake.s3.eu-central-1.amazonaws.com/aggregated/year=2026/month=11/day=23/a-b_c~1.parquet',
    'https://lake.s3.eu-central-1.amazonaws.com/a%20lake/%C3%A9t%C3%A9/(1)!*.parquet',
    'https://lake.s3.eu-central-1.amazonaws.com/?list-type=2&prefix=a%20lake%2Faggregated%2F&continuation-token=1%2B%2F%3D',
  ])('signs as the AWS SDK does: %s', async (url) => {
    const nowAt = Date.UTC(2026, 10, 23, 18, 5, 9);
    const signed = await presign(url, {
      keys: { ...keys, sessionToken: 'a/b+c==' },
      region: 'eu-central-1',
      expiresSec: 600,
      nowAt,
    });
    const { searchParams } = new URL(signed);
    expect(searchParams.get('X-Amz-Signature')).toBe(await bySdk(url, 'eu-central-1', 'a/b+c==', nowAt));
    expect(searchParams.get('X-Amz-Signature')).toMatch(/^[0-9a-f]{64}$/);
  });
});
