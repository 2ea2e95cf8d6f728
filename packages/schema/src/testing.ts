/** Factories for tests: a whole, valid value with the fields that matter to the test laid over it. */
import type { ClickEvent } from './click-event.ts';
import type { SessionRow } from './session-row.ts';

/** 2026-11-23T18:00:00.000Z, the time all factories share. */
export const testTime = Date.UTC(2026, 10, 23, 18);

let sequence = 0;

/** A click with a fresh event_id. */
export function click(fields: Partial<ClickEvent> = {}): ClickEvent {
  sequence += 1;
  return {
    event_id: `test-${String(sequence).padStart(6, '0')}`,
    user_id: '50',
    device_id: 'mobile',
    client_event: 'beer_vitrine_nav',
    client_timestamp: testTime,
    received_at: fields.client_timestamp ?? testTime,
    page_url: null,
    page_title: null,
    referrer: null,
    device_type: 'mobile',
    properties: {},
    clock_offset_ms: null,
    ip: null,
    user_agent: null,
    ...fields,
  };
}

/** A row of one event at `testTime`, in a window of 30 s. */
export function sessionRow(fields: Partial<SessionRow> = {}): SessionRow {
  sequence += 1;
  const eventId = `test-${String(sequence).padStart(6, '0')}`;
  const beginsession = fields.beginsession ?? testTime;
  return {
    session_id: '50_MOB1795456800',
    user_id: '50',
    device_id: 'mobile',
    timeagg: Math.floor(beginsession / 30_000) * 30_000,
    events: 1,
    beginnavigation: 'beer_vitrine_nav',
    endnavigation: 'beer_vitrine_nav',
    beginsession,
    endsession: beginsession,
    duration_sec: 0,
    begin_event_id: eventId,
    end_event_id: eventId,
    window_open: beginsession,
    row_id: `row-${eventId}`,
    ...fields,
  };
}
