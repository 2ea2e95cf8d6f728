import type { LiveMessage } from '@taphouse/schema';

/** How the live side stands: `off` where there is none, as on a lake served from a bucket. */
export type LiveState = 'connecting' | 'live' | 'lost' | 'off';

export interface LiveListener {
  message(message: LiveMessage): void;
  state(state: LiveState): void;
}

const names: readonly LiveMessage['event'][] = ['clicks', 'sessions', 'windows', 'ongoing', 'ended', 'lake'];

/** Listens to `GET /v1/live`; the browser connects again by itself. Returns what ends it. */
export function listenLive(url: string, listener: LiveListener): () => void {
  const source = new EventSource(url);
  listener.state('connecting');
  source.addEventListener('open', () => listener.state('live'));
  source.addEventListener('error', () => listener.state(source.readyState === EventSource.CLOSED ? 'off' : 'lost'));
  for (const event of names) {
    source.addEventListener(event, (happened: Event) => {
      if (happened instanceof MessageEvent) listener.message({ event, data: JSON.parse(String(happened.data)) });
    });
  }
  return () => source.close();
}
