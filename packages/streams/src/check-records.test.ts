import { expect, it } from 'vitest';
import { checkRecords } from './check-records.ts';

it('takes records of 1 MiB, and counts the key as Kinesis does', () => {
  const data = 'é'.repeat(524_287);
  checkRecords([{ partitionKey: 'ab', data }]);
  expect(() => checkRecords([{ partitionKey: 'abc', data }])).toThrow(
    'record of key abc: 1048577 bytes, limit 1048576; send fewer events',
  );
});

it('refuses a key that is empty or longer than 256 characters', () => {
  checkRecords([{ partitionKey: 'k'.repeat(256), data: '' }]);
  expect(() => checkRecords([{ partitionKey: '', data: '' }])).toThrow('partitionKey of 0 characters, takes 1 to 256');
  expect(() => checkRecords([{ partitionKey: 'k'.repeat(257), data: '' }])).toThrow(RangeError);
});
