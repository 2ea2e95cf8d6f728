import { html, type TemplateResult } from 'lit';

/** The key that goes with Enter. */
export const modifier = navigator.userAgent.includes('Mac') ? '⌘' : 'Ctrl';

const limits: { bytes: number; name: string }[] = [
  { bytes: 10_000_000, name: '10 MB' },
  { bytes: 100_000_000, name: '100 MB' },
  { bytes: 1_000_000_000, name: '1 GB' },
  { bytes: 10_000_000_000, name: '10 GB' },
  { bytes: 0, name: 'no limit' },
];

export interface RunBarState {
  /** The database is there. */
  ready: boolean;
  running: boolean;
  /** On a phone: the list at the side is open. */
  sideOpen: boolean;
  /** Byte limit; 0 for none. */
  maxBytes: number;
  openSide: () => void;
  run: () => void;
  stop: () => void;
  plan: () => void;
  save: () => void;
  share: () => void;
  keys: () => void;
  limit: (maxBytes: number) => void;
}

/** What one can do with the query at hand. */
export function runBar(state: RunBarState): TemplateResult {
  const { ready, running } = state;
  return html`<div class="bar">
    <button class="small toggle" type="button" aria-expanded=${String(state.sideOpen)} @click=${state.openSide}>
      Lake
    </button>
    ${running ? html`<button class="run stop" type="button" @click=${state.stop}>Stop</button>` : runButton(state)}
    <button class="small" type="button" ?disabled=${!ready || running} @click=${state.plan}>Plan</button>
    <button class="small" type="button" @click=${state.save}>Save</button>
    <button class="small" type="button" title="Copy a link to this query" @click=${state.share}>Share</button>
    <span class="gap"></span>
    ${limitChoice(state)}
    <button class="small" type="button" aria-label="Keys" title="Keys" @click=${state.keys}>?</button>
  </div>`;
}

function runButton({ ready, run }: RunBarState): TemplateResult {
  return html`<button
    class="run"
    type="button"
    ?disabled=${!ready}
    title="Runs the selection, or else everything. ${modifier} Shift Enter: the statement at the caret"
    @click=${run}
  >
    Run <kbd>${modifier} ↵</kbd>
  </button>`;
}

function limitChoice({ maxBytes, limit }: RunBarState): TemplateResult {
  return html`<label class="limit" title="A statement that may read more than this is not run">
    <span>Byte limit</span>
    <select
      aria-label="Byte limit"
      @change=${(event: Event) => limit(Number((event.currentTarget as HTMLSelectElement).value))}
    >
      ${limits.map(({ bytes, name }) => html`<option value=${bytes} .selected=${maxBytes === bytes}>${name}</option>`)}
    </select>
  </label>`;
}
