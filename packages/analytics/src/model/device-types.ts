import { deviceTypes } from '@taphouse/schema';

/** What a device may be; `unknown` where none of its events says so. */
export const typeNames: readonly string[] = [...deviceTypes, 'unknown'];
const unknown = typeNames.length - 1;

/**
 * Which device is of which type, as the events of `rawdata` say: sessions carry the `device_id` alone. An id that is
 * itself the name of a type, as in the article, is of that type.
 */
export class DeviceTypes {
  readonly #known = new Map<string, number>();
  #codes = new Uint8Array(0);
  #coded: { names: readonly string[]; length: number } = { names: [], length: 0 };

  /** Takes in what the events of a device say; of several the last in the alphabet, as SQL's max() has it. */
  learn(deviceId: string, deviceType: string): void {
    const type = typeNames.indexOf(deviceType);
    const before = this.#known.get(deviceId);
    if (type < 0 || (before !== undefined && (typeNames[before] ?? '') >= deviceType)) return;
    this.#known.set(deviceId, type);
    this.#coded = { names: [], length: 0 };
  }

  /** Number of the type, a place in `typeNames`, for each of these device ids. */
  codes(devices: readonly string[]): Uint8Array {
    if (this.#coded.names === devices && this.#coded.length === devices.length) return this.#codes;
    this.#codes = Uint8Array.from(devices, (id) => this.#codeOf(id));
    this.#coded = { names: devices, length: devices.length };
    return this.#codes;
  }

  #codeOf(deviceId: string): number {
    const known = this.#known.get(deviceId) ?? typeNames.indexOf(deviceId);
    return known < 0 ? unknown : known;
  }
}
