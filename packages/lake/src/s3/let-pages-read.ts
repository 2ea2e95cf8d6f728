import { PutBucketCorsCommand, type S3Client } from '@aws-sdk/client-s3';

/**
 * Lets pages of these origins read the bucket as DuckDB-WASM does, by ranges: sets the bucket's CORS rules, in the
 * place of any there.
 *
 * @param origins such as `https://shop.example`
 */
export async function letPagesRead(
  client: S3Client,
  { bucket, origins }: { bucket: string; origins: readonly string[] },
): Promise<void> {
  const rule = {
    AllowedMethods: ['GET', 'HEAD'],
    AllowedOrigins: [...origins],
    AllowedHeaders: ['Range', 'If-None-Match', 'Cache-Control'],
    ExposeHeaders: ['Accept-Ranges', 'Content-Length', 'Content-Range', 'ETag'],
    MaxAgeSeconds: 3600,
  };
  await client.send(new PutBucketCorsCommand({ Bucket: bucket, CORSConfiguration: { CORSRules: [rule] } }));
}
