import { cookie } from './cookie.ts';
import { options } from './options.ts';
import { read, write } from './store.ts';

/** 8 characters of [0-9a-z]. Not a secret; `crypto.randomUUID` is missing on plain http. */
const random = (): string => Math.random().toString(36).slice(2, 10);

/** This page load; begins its event ids. Later pages sort behind it. */
export const instance = Date.now().toString(36) + random();

/** Id of the device: the collector's cookie, else what is stored, else a new one. */
export let device: string;

/** Who was identified; the device, if nobody was. */
export let user: string;

/** Finds out who and what this is. */
export function openIdentity(): void {
  device = /taphouse_device=([\w-]+)/.exec(cookie())?.[1] ?? read('device') ?? random() + random();
  user = options.userId ?? read('user') ?? device;
}

export const identify = (id: string): void => void (user = id);

export function keepIdentity(): void {
  write('device', device);
  write('user', user);
}
