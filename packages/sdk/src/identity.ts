import { jar, read, write } from './store.ts';

/** When it was made, and chance, as [0-9a-z]. Not a secret; `crypto.randomUUID` is missing on plain http. */
export const newId = (): string => Date.now() + 'x' + Math.random().toString(36).slice(2);

/** This page load; begins its event ids. Later pages sort behind it. */
export const instance = 'e' + newId();

/** Id of the device: the collector's cookie, else what any tab has stored, else a new one. */
export const deviceId = (): string =>
  jar.cookie.split('taphouse_device=')[1]?.split(';')[0] ?? read('device') ?? write('device', instance);
