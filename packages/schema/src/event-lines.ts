import { type ClickEvent, decodeEvents } from './click-event.ts';

/** What a click says of itself; clicks of one batch mostly share all else. */
export const ownColumns: readonly string[] = ['event_id', 'client_event', 'client_timestamp', 'properties'];

/** Key under which a line has the own columns of several events; beside it is what they share. No event has such a column. */
export const ownKey = 'taphouse_own';

/** The events of JSON lines, each of which is an event, or several under `ownKey`. */
export function decodeLines(text: string): ClickEvent[] {
  return decodeEvents(text).flatMap(({ [ownKey]: own, ...shared }: ClickEvent & { [ownKey]?: ClickEvent[] }) =>
    own ? own.map((each) => ({ ...shared, ...each })) : [shared],
  );
}
