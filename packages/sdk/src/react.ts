'use client';

/** The client for React: a provider that starts it, a hook that gives it. */
import { createContext, createElement, type ReactElement, type ReactNode, use, useState } from 'react';
import type { Client } from './client.ts';
import { init } from './init.ts';
import type { Options } from './options.ts';

const Context = createContext<Client | null>(null);

export interface TaphouseProviderProps {
  /** As of `init`; read once. */
  options: Options;
  children?: ReactNode;
}

/** Starts the SDK in the browser; on a server it does nothing. */
export function TaphouseProvider({ options, children }: TaphouseProviderProps): ReactElement {
  const [client] = useState(() => (typeof document === 'undefined' ? null : init(options)));
  return createElement(Context, { value: client }, children);
}

/** The client; null on a server and outside of a provider. */
export function useTaphouse(): Client | null {
  return use(Context);
}
