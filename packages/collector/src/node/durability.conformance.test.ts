import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdtempSync, rmSync, statfsSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createWitness, kill, startCollector } from '../testing/witness.ts';

/** Crashes of each kind; the 20 rounds are for CI. */
const rounds = Number(process.env.TAPHOUSE_ROUNDS ?? 2);
const perfect = { lost: 0, corrupt: 0, outOfOrder: 0, doubled: 0 };
/** Why disks can not be made here, or false. */
const noDisks = process.platform !== 'linux' || process.getuid?.() !== 0;

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'taphouse-durable-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

it(`loses nothing acknowledged to ${rounds} kills under load`, { timeout: 10_000 * rounds }, async () => {
  const witness = createWitness();
  for (let round = 0; round < rounds; round += 1) {
    const before = witness.acknowledged();
    const collector = await startCollector(folder);
    const sending = witness.send(collector.url);
    await untilMore(() => witness.acknowledged() - before);
    await kill(collector.process);
    await sending;
    expect(await witness.check(folder)).toMatchObject({ ...perfect, acknowledged: witness.acknowledged() });
  }
});

it.skipIf(noDisks)(
  `loses nothing acknowledged to ${rounds} power cuts (needs root on Linux)`,
  { timeout: 20_000 * rounds },
  async () => {
    const disk = makeDisk(folder);
    try {
      const witness = createWitness();
      for (let round = 0; round < rounds; round += 1) {
        const before = witness.acknowledged();
        const collector = await startCollector(disk.path);
        const sending = witness.send(collector.url);
        await untilMore(() => witness.acknowledged() - before);
        disk.cutPower();
        await wait(20);
        await kill(collector.process);
        await sending;
        disk.remount();
        expect(await witness.check(disk.path)).toMatchObject({ ...perfect, acknowledged: witness.acknowledged() });
      }
    } finally {
      disk.remove();
    }
  },
);

it.skipIf(noDisks).each(['it fills itself', 'others fill to the last byte'])(
  'answers 503 on a disk %s, loses nothing acknowledged, and recovers by itself (needs root on Linux)',
  { timeout: 60_000 },
  async (kind) => {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=32m', 'tmpfs', folder]);
    try {
      const ballast = join(folder, 'ballast');
      writeFileSync(ballast, Buffer.alloc(12_000_000));
      const collector = await startCollector(folder, 4_000_000);
      const witness = createWitness();
      const filling = witness.send(collector.url);
      if (kind !== 'it fills itself') {
        await untilMore(() => witness.acknowledged());
        fill(ballast);
      }
      await filling;
      const whenFull = witness.acknowledged();
      expect(whenFull).toBeGreaterThan(0);
      const refusal = await untilRefused(collector.url);
      expect(refusal.status).toBe(503);
      expect(refusal.headers.get('retry-after')).toBe('5');
      expect(await (await fetch(`${collector.url}/metrics`)).text()).toMatch(
        /append_failures_total\{cause="full"\} \d/,
      );
      rmSync(ballast);
      const post = (): Promise<Response> => fetch(`${collector.url}/v1/events`, { method: 'POST', body: clickBody });
      await expect.poll(async () => (await post()).status).toBe(204);
      const sending = witness.send(collector.url);
      await untilMore(() => witness.acknowledged() - whenFull);
      await kill(collector.process);
      await sending;
      expect(await witness.check(folder)).toMatchObject({ ...perfect, acknowledged: witness.acknowledged() });
    } finally {
      execFileSync('umount', ['-l', folder]);
    }
  },
);

it.skipIf(noDisks)(
  'answers 503 on a disk with I/O errors, lives on, and loses nothing acknowledged (needs root on Linux)',
  { timeout: 60_000 },
  async () => {
    // The device is a file on a disk too small for it: where that is full, the device has errors.
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=24m', 'tmpfs', folder]);
    const disk = makeDisk(folder);
    try {
      const collector = await startCollector(disk.path, 4_000_000);
      const witness = createWitness();
      await witness.send(collector.url);
      expect(witness.acknowledged()).toBeGreaterThan(0);
      for (let i = 0; i < 20; i += 1) {
        const answer = await fetch(`${collector.url}/v1/events`, { method: 'POST', body: clickBody });
        expect(answer.status).toBe(503);
        await wait(100);
      }
      expect(await (await fetch(`${collector.url}/metrics`)).text()).toMatch(
        /append_failures_total\{cause="unavailable"\} \d/,
      );
      expect(collector.process.exitCode).toBeNull();
      await kill(collector.process);
      execFileSync('mount', ['-o', 'remount,size=300m', folder]);
      disk.remount();
      expect(await witness.check(disk.path)).toMatchObject({ ...perfect, acknowledged: witness.acknowledged() });
    } finally {
      disk.remove();
      execFileSync('umount', ['-l', folder]);
    }
  },
);

/** Makes a file as large as the disk lets it be. */
function fill(file: string): void {
  const piece = Buffer.alloc(65_536);
  const { bavail, bsize } = statfsSync(file);
  for (let bytes = bavail * bsize; bytes > 0; bytes -= piece.length) {
    try {
      appendFileSync(file, piece);
    } catch {
      return;
    }
  }
}

const clickBody = JSON.stringify({
  events: [{ event_id: 'v99-0', user_id: 99, device_id: 'mobile', client_event: 'x', client_timestamp: Date.now() }],
});

/** Fills what little room is left with small batches. */
async function untilRefused(url: string): Promise<Response> {
  while (true) {
    const answer = await fetch(`${url}/v1/events`, { method: 'POST', body: clickBody });
    if (answer.status !== 204) return answer;
  }
}

/** A crash at any moment after some hundred acknowledgements. */
async function untilMore(acknowledged: () => number): Promise<void> {
  await expect.poll(acknowledged, { timeout: 20_000, interval: 5 }).toBeGreaterThan(100 + Math.random() * 2000);
}

/** An ext4 file system on a loop device, whose power can be cut: what was not synced is then gone. */
function makeDisk(folder: string): { path: string; cutPower(): void; remount(): void; remove(): void } {
  const image = join(folder, 'disk.img');
  const path = join(folder, 'disk');
  writeFileSync(image, '');
  truncateSync(image, 256 * 1024 ** 2);
  execFileSync('mkfs.ext4', ['-q', '-F', image]);
  execFileSync('mkdir', [path]);
  const mount = (): void => void execFileSync('mount', ['-o', 'loop', image, path]);
  mount();
  return {
    path,
    // EXT4_IOC_SHUTDOWN without flushing the journal; Node has no ioctl, and every Linux has Perl.
    cutPower: () =>
      void execFileSync('perl', [
        '-e',
        'open(my $d, "<", $ARGV[0]) or die; my $how = pack("I", 2); ioctl($d, 0x8004587d, $how) or die "ioctl: $!"',
        path,
      ]),
    remount: () => {
      execFileSync('umount', [path]);
      mount();
    },
    remove: () => void execFileSync('umount', ['-l', path]),
  };
}
