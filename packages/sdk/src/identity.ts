import { cookie } from './cookie.ts';
import { read } from './store.ts';

/** 8 characters of [0-9a-z]. Not a secret; `crypto.randomUUID` is missing on plain http. */
export const random = (): string => Math.random().toString(36).slice(2, 10);

/** This page load; begins its event ids. Later pages sort behind it. */
export const instance = Date.now().toString(36) + random();

/** Id of the device: the collector's cookie, else what any tab has stored, else a new one. */
export const deviceId = (): string =>
  /taphouse_device=([\w-]+)/.exec(cookie())?.[1] ?? read('device') ?? random() + random();
