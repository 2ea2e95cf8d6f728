import { options } from './options.ts';
import { read } from './store.ts';

/** Whether anything may be stored or sent: an explicit choice ('' is no) wins over Global Privacy Control. */
export const allowed = (): boolean =>
  !!(read('consent') ?? !(options.consent || (navigator as { globalPrivacyControl?: boolean }).globalPrivacyControl));
