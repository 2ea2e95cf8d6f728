import { type ClickEvent, deviceTypes, type SessionRow } from '@taphouse/schema';
import { click } from '@taphouse/schema/testing';

/** Clicks from which such rows come: the first and the last as the row has them, the others in between. */
export function clicksOf(rows: readonly SessionRow[]): ClickEvent[] {
  return rows.flatMap((row) =>
    Array.from({ length: row.events }, (_, index) => {
      const share = row.events === 1 ? 0 : index / (row.events - 1);
      return click({
        event_id: idOf(row, index),
        user_id: row.user_id,
        device_id: row.device_id,
        device_type: deviceTypes.find((type) => type === row.device_id) ?? null,
        client_event: index === row.events - 1 && index > 0 ? row.endnavigation : row.beginnavigation,
        client_timestamp: Math.round(row.beginsession + share * (row.endsession - row.beginsession)),
        page_url: 'https://shop.example/beers',
        page_title: 'Beers',
        properties: { beer: 'pils', place: String(index) },
      });
    }),
  );
}

function idOf(row: SessionRow, index: number): string {
  if (index === 0) return row.begin_event_id;
  return index === row.events - 1 ? row.end_event_id : `${row.begin_event_id}-${index}`;
}
