import type { ManifestFile } from '@taphouse/schema';

import type { Connection, RunOptions } from '../connect.ts';
import { DeviceTypes } from './device-types.ts';
import { EventTimes } from './event-times.ts';
import { askTable, columnOf, textsOf, utf8Column } from './load-rows.ts';
import type { PartialRows } from './partial-rows.ts';
import type { TimeRange } from './tally.ts';

/** What the page keeps of `rawdata`: which device is of which type, and when the events of one name happened. */
export class KeptEvents {
  readonly types = new DeviceTypes();
  readonly #lake: Connection;
  #typedFiles = new Set<string>();
  #times: { name: string; rows: PartialRows; files: Set<string>; times: EventTimes } | null = null;

  constructor(lake: Connection) {
    this.#lake = lake;
  }

  /** Reads the types of the devices seen in a range of `received_at`, from the files not read before. True if there were any. */
  async readTypes(range: TimeRange, options: RunOptions = {}): Promise<boolean> {
    const added = this.#filesOf(range).filter(({ path }) => !this.#typedFiles.has(path));
    if (added.length === 0) return false;
    const relation = await this.#lake.fetchFiles('rawdata', added);
    // An id that is the name of its type needs no telling.
    const sql = `SELECT device_id, max(device_type) AS device_type FROM ${relation}
WHERE device_type IS NOT NULL GROUP BY device_id HAVING max(device_type) <> device_id`;
    const table = await askTable(this.#lake, sql, options);
    for (const batch of table.batches) {
      const types = textsOf(batch, 'device_type');
      for (const [row, id] of textsOf(batch, 'device_id').entries()) this.types.learn(id, types[row] ?? '');
    }
    for (const { path } of added) this.#typedFiles.add(path);
    return true;
  }

  /** When events of a name happened, for the keys of these rows; later only files that are new are read. */
  async readTimes(
    name: string,
    { range, rows, ...options }: { range: TimeRange; rows: PartialRows } & RunOptions,
  ): Promise<EventTimes> {
    const files = this.#filesOf(range);
    const paths = new Set(files.map(({ path }) => path));
    const known = this.#times;
    const goesOn = known?.name === name && known.rows === rows && [...known.files].every((path) => paths.has(path));
    const added = goesOn ? files.filter(({ path }) => !known.files.has(path)) : files;
    const times = goesOn ? known.times : new EventTimes();
    this.#times = null;
    if (added.length > 0) {
      const relation = await this.#lake.fetchFiles('rawdata', added);
      // The name is bound: it comes from whoever sends events.
      const sql = `SELECT user_id, device_id, CAST(epoch_ms(client_timestamp) AS DOUBLE) AS at
FROM ${relation} WHERE client_event = ?`;
      const table = await askTable(this.#lake, sql, { ...options, values: [name] });
      for (const batch of table.batches) addTimes(times, rows, batch);
    }
    this.#times = { name, rows, files: paths, times };
    return times;
  }

  /** The times read last, if they are of this event and these rows. */
  timesOf(name: string | undefined, rows: PartialRows): EventTimes | undefined {
    const known = this.#times;
    return known && known.name === name && known.rows === rows ? known.times : undefined;
  }

  #filesOf(range: TimeRange): ManifestFile[] {
    const files = this.#lake.manifests().rawdata?.files ?? [];
    return files.filter((file) => file.maxAt >= range.fromAt && file.minAt < range.toAt);
  }
}

type Batch = Awaited<ReturnType<typeof askTable>>['batches'][number];

function addTimes(times: EventTimes, rows: PartialRows, batch: Batch): void {
  const users = rows.users.codes(utf8Column(batch, 'user_id'));
  const devices = rows.devices.codes(utf8Column(batch, 'device_id'));
  const at = columnOf(batch, 'at');
  for (let row = 0; row < batch.numRows; row += 1) {
    times.add(rows.keys.code(users[row]!, devices[row]!), at[row]!);
  }
}
