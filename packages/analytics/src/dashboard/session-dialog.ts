import { css, html, LitElement, nothing, type TemplateResult } from 'lit';

import { formatClock, formatCount, formatDuration, formatTime } from '../format.ts';
import type { SessionLine } from '../model/tally.ts';
import { theme } from './theme.ts';

export interface SessionEventRow {
  client_timestamp: Date;
  client_event: string;
  page_url: string | null;
  page_title: string | null;
  /** As DuckDB writes a MAP: {name=value, name=value}. */
  properties: string | null;
  event_id: string;
}

/**
 * `<taphouse-session>`: one session's events, in their order, in a dialog. `show` opens it.
 * Property: `events`, the answer to `queries.sessionEvents`, null while it is asked.
 */
export class SessionDialog extends LitElement {
  static override properties = {
    session: { state: true },
    events: { attribute: false },
    fault: { attribute: false },
  };
  static override styles = [
    theme,
    css`
      dialog {
        width: min(760px, calc(100vw - 28px));
        max-height: min(720px, calc(100vh - 40px));
        padding: 20px 22px;
        border: 1px solid var(--tap-line-strong);
        border-radius: 14px;
        background: var(--tap-surface);
        color: var(--tap-text);
      }
      dialog::backdrop {
        background: rgb(10 6 3 / 0.55);
      }
      header {
        display: flex;
        align-items: start;
        gap: 12px;
      }
      h2 {
        margin: 0;
        font: 600 22px/1.2 var(--tap-serif);
        overflow-wrap: anywhere;
      }
      p {
        margin: 4px 0 14px;
        color: var(--tap-muted);
        overflow-wrap: anywhere;
      }
      .close {
        margin-left: auto;
        border: 1px solid var(--tap-line);
        border-radius: 8px;
        background: none;
        padding: 4px 12px;
        cursor: pointer;
      }
      ol {
        list-style: none;
        margin: 0;
        padding: 0 0 0 14px;
        border-left: 2px solid var(--tap-line-strong);
      }
      li {
        position: relative;
        padding: 0 0 12px 6px;
      }
      li::before {
        content: '';
        position: absolute;
        left: -20px;
        top: 6px;
        width: 10px;
        height: 10px;
        border-radius: 50%;
        background: var(--tap-amber);
        border: 2px solid var(--tap-surface);
      }
      .when {
        color: var(--tap-muted);
        font-variant-numeric: tabular-nums;
        margin-right: 8px;
      }
      .what {
        font-weight: 600;
      }
      .where {
        color: var(--tap-muted);
        font-size: 13px;
        overflow-wrap: anywhere;
      }
    `,
  ];

  declare session: SessionLine | null;
  declare events: SessionEventRow[] | null;
  declare fault: string | null;

  constructor() {
    super();
    this.session = null;
    this.events = null;
    this.fault = null;
  }

  /** Opens the dialog on a session whose events are still to come. */
  async show(session: SessionLine): Promise<void> {
    this.session = session;
    this.events = null;
    this.fault = null;
    await this.updateComplete;
    this.renderRoot.querySelector('dialog')?.showModal();
  }

  override render(): TemplateResult {
    const { session } = this;
    return html`<dialog aria-labelledby="title">${session ? this.#inside(session) : nothing}</dialog>`;
  }

  #inside(session: SessionLine): TemplateResult {
    return html`<header>
        <h2 id="title">${session.session_id}</h2>
        <form method="dialog"><button class="close">Close</button></form>
      </header>
      <p>
        Visitor ${session.user_id} on ${session.device_id}, ${formatTime(session.beginsession)} UTC:
        ${formatCount(session.events)} events in ${formatDuration(session.duration_sec)}
      </p>
      ${this.fault ? html`<p role="alert">${this.fault}</p>` : this.#list(session)}`;
  }

  #list(session: SessionLine): TemplateResult {
    if (!this.events) return html`<p role="status">Reading its events from the lake…</p>`;
    if (this.events.length === 0) {
      return html`<p class="none">
        The lake has the session but none of its events: they were not kept, or not yet written.
      </p>`;
    }
    const began = session.beginsession.getTime();
    return html`<ol>
      ${this.events.map(
        (event) =>
          html`<li>
            <span class="when" title=${formatTime(event.client_timestamp)}
              >${formatClock(event.client_timestamp)}
              +${formatDuration((event.client_timestamp.getTime() - began) / 1000)}</span
            >
            <span class="what">${event.client_event}</span>
            <div class="where">
              ${event.page_title ?? ''} ${event.page_url ?? ''} ${propertiesText(event.properties)}
            </div>
          </li>`,
      )}
    </ol>`;
  }
}

/** A MAP without its brackets. */
function propertiesText(properties: string | null): string {
  return properties?.slice(1, -1) ?? '';
}
