import { expect, it } from 'vitest';
import { createGroupCommit } from './group-commit.ts';

/** A disk whose syncs end when they are told to. */
function slowDisk() {
  const syncs: { values: number[]; done: PromiseWithResolvers<void> }[] = [];
  let values: number[] = [];
  const commits = createGroupCommit(async (puts) => {
    values = [];
    puts();
    const sync = { values, done: Promise.withResolvers<void>() };
    syncs.push(sync);
    await sync.done.promise;
  });
  return { syncs, write: (value: number) => commits.write(() => values.push(value)), idle: () => commits.idle() };
}

it('writes in order, in one group what came while the one before was on its way', async () => {
  const { syncs, write, idle } = slowDisk();
  const first = [write(1), write(2)];
  await expect.poll(() => syncs.length).toBe(1);
  const second = [write(3), write(4), write(5)];
  syncs[0]!.done.resolve();
  await Promise.all(first);
  await expect.poll(() => syncs.length).toBe(2);
  syncs[1]!.done.resolve();
  await Promise.all(second);
  await idle();
  expect(syncs.map(({ values }) => values)).toEqual([
    [1, 2],
    [3, 4, 5],
  ]);
});

it('rejects a whole group whose commit fails, and goes on with the next', async () => {
  const { syncs, write } = slowDisk();
  const failing = Promise.allSettled([write(1), write(2)]);
  await expect.poll(() => syncs.length).toBe(1);
  const next = write(3);
  syncs[0]!.done.reject(new Error('disk'));
  expect((await failing).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  await expect.poll(() => syncs.length).toBe(2);
  syncs[1]!.done.resolve();
  await next;
});
