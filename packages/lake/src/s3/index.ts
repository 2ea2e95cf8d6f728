/**
 * The lake in a bucket: the store that `openLake` and `openQuery` of `@taphouse/lake/files` take.
 * Brings no credentials and no region: the S3 client it is given has them.
 */
export { letPagesRead } from './let-pages-read.ts';
export { type S3StoreOptions, s3Store } from './s3-store.ts';
