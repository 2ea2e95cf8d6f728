import { html, nothing, render, type TemplateResult } from 'lit';

/** What the SDK tells of an event, and where it is on its way. */
interface TapEvent {
  event_id: string;
  client_event: string;
  user_id?: string;
  /** Milliseconds since 1970. */
  client_timestamp: number;
  status: 'queued' | 'sent' | 'stored';
}

const shown = 8;
let user: string | undefined;
const time = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' });
const meanings = {
  queued: 'waits in this browser',
  sent: 'is on its way to the collector',
  stored: 'is on disk at the collector',
};

/** Draws the panel of this visit's events into `place` and keeps it up to date. */
export function showYourEvents(place: HTMLElement): void {
  const events = new Map<string, TapEvent>();
  const draw = (): void => {
    render(panel([...events.values()]), place);
  };
  const tell = (status: TapEvent['status'], changed: Omit<TapEvent, 'status'>[]): void => {
    for (const event of changed) {
      // Whole when queued; later only its id is sure.
      const detail = { ...event, ...events.get(event.event_id), status };
      user = detail.user_id ?? user;
      events.set(event.event_id, detail);
      dispatchEvent(new CustomEvent('taphouse:event', { detail }));
    }
    draw();
  };
  const page = window as { taphouse?: { push(call: [string, object]): unknown } };
  page.taphouse ??= [];
  page.taphouse.push(['set', { debug: tell }]);
  addEventListener('load', draw);
  draw();
}

/** The dashboard with this visitor's last hour. A pause of 2 min ends a visit there: windows of 30 s would split some. */
export function yourSession(): string {
  return user ? `/dashboard/?range=hour&gap=120s&user=${encodeURIComponent(user)}` : '/dashboard/';
}

function panel(events: TapEvent[]): TemplateResult {
  const stored = events.filter((event) => event.status === 'stored').length;
  return html`
    <details class="events" ?open=${matchMedia('(min-width: 70rem)').matches}>
      <summary>
        <span>Your events</span>
        <span class="tally">${events.length === 0 ? 'none yet' : `${stored} of ${events.length} stored`}</span>
      </summary>
      ${events.length === 0 ? whyNone() : nothing}
      <ol reversed>
        ${events.slice(-shown).toReversed().map(row)}
      </ol>
      <p><a href=${yourSession()}>See your session on the dashboard</a></p>
    </details>
  `;
}

/** What stands between a visitor and their first event. */
function whyNone(): TemplateResult {
  const { taphouse } = window as { taphouse?: { optIn?(): void } };
  if (document.readyState === 'complete' && !taphouse?.optIn)
    return html`<p>The SDK did not load. A content blocker? The shop works without it; nothing is sent.</p>`;
  if (!(navigator as { globalPrivacyControl?: boolean }).globalPrivacyControl)
    return html`<p>Click anything: each click is sent as you go.</p>`;
  return html`
    <p>Your browser asks not to be tracked (Global Privacy Control), so nothing is sent.</p>
    <p><button class="plain" @click=${() => taphouse?.optIn?.()}>Send my clicks in this shop</button></p>
  `;
}

function row({ client_event, client_timestamp, status }: TapEvent): TemplateResult {
  return html`
    <li>
      <time>${time.format(client_timestamp)}</time> <code>${client_event}</code>
      <span class="status ${status}" title="${client_event} ${meanings[status]}">${status}</span>
    </li>
  `;
}
