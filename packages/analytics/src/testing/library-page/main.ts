import '../../elements.ts';
import * as library from '../../index.ts';

export type Library = typeof library;
Object.assign(globalThis, { taphouse: library });
