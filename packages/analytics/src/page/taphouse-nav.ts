import { css, html, LitElement, nothing, type TemplateResult } from 'lit';

import { theme } from '../dashboard/theme.ts';
import { chooseScheme, type ColourScheme, keptScheme, nextScheme } from './colour-scheme.ts';

const places = [
  { id: 'shop', href: '/', name: 'Beer shop' },
  { id: 'dashboard', href: '/dashboard/', name: 'Dashboard' },
  { id: 'sql', href: '/sql/', name: 'SQL' },
];

/** `<taphouse-nav current="dashboard">`: where one is, where else one can go, and light or dark. */
export class TaphouseNav extends LitElement {
  static override properties = { current: { type: String }, scheme: { state: true } };
  static override styles = [
    theme,
    css`
      :host {
        display: block;
        border-bottom: 1px solid var(--tap-line);
        background: var(--tap-page);
      }
      nav {
        max-width: 1240px;
        margin: 0 auto;
        padding: 0 20px;
        height: 56px;
        display: flex;
        align-items: center;
        gap: 4px;
      }
      .brand {
        display: flex;
        align-items: center;
        gap: 9px;
        margin-right: auto;
        font: 600 20px/1 var(--tap-serif);
        letter-spacing: -0.01em;
        color: var(--tap-text);
        text-decoration: none;
      }
      .brand svg {
        width: 24px;
        height: 24px;
      }
      a.place {
        padding: 7px 12px;
        border-radius: 7px;
        color: var(--tap-muted);
        text-decoration: none;
        font-weight: 500;
      }
      a.place:hover {
        color: var(--tap-text);
        background: var(--tap-hover);
      }
      a[aria-current] {
        color: var(--tap-text);
        background: var(--tap-hover);
      }
      button {
        margin-left: 8px;
        width: 36px;
        height: 36px;
        display: grid;
        place-items: center;
        border: 1px solid var(--tap-line);
        border-radius: 8px;
        background: none;
        cursor: pointer;
        color: var(--tap-muted);
      }
      button:hover {
        color: var(--tap-text);
        border-color: var(--tap-line-strong);
      }
      @media (max-width: 560px) {
        nav {
          padding: 0 10px 0 14px;
          gap: 0;
        }
        a.place {
          padding: 7px 8px;
          font-size: 14px;
        }
        .brand span {
          display: none;
        }
        button {
          margin-left: 4px;
        }
      }
    `,
  ];

  declare current: string;
  declare scheme: ColourScheme;

  constructor() {
    super();
    this.current = '';
    this.scheme = keptScheme();
    chooseScheme(this.scheme);
  }

  override render(): TemplateResult {
    return html`<nav aria-label="Taphouse">
      <a class="brand" href="/" aria-label="Taphouse, to the shop">
        <svg viewBox="0 0 32 32" aria-hidden="true">
          <path d="M7 9h15l-1.6 19.2a2 2 0 0 1-2 1.8h-7.8a2 2 0 0 1-2-1.8z" fill="#e69a26" />
          <path d="M21.8 13H25a3 3 0 0 1 3 3v5a3 3 0 0 1-3 3h-4" fill="none" stroke="#e69a26" stroke-width="2.6" />
          <path
            d="M5.500 9.500a4 4 0 0 1 3-6.500 5 5 0 0 1 8.500-.5 4 4 0 0 1 6 3.500 2.600 2.600 0 0 1-.5 5H7.500a2 2 0 0 1-2-1.500z"
            fill="#fff4dc"
            stroke="#b4690e"
          />
        </svg>
        <span>Taphouse</span>
      </a>
      ${places.map(
        ({ id, href, name }) =>
          html`<a class="place" href=${href} aria-current=${id === this.current ? 'page' : nothing}>${name}</a>`,
      )}
      <button
        type="button"
        title="Colours: ${this.scheme}"
        aria-label="Colours: ${this.scheme}; change"
        @click=${() => this.#turn()}
      >
        ${schemeIcon(this.scheme)}
      </button>
    </nav>`;
  }

  #turn(): void {
    this.scheme = nextScheme(this.scheme);
    chooseScheme(this.scheme);
  }
}

function schemeIcon(scheme: ColourScheme): TemplateResult {
  const shapes = {
    auto: html`<svg width="18" height="18" viewBox="0 0 18 18" aria-hidden="true">
      <circle cx="9" cy="9" r="6.5" fill="none" stroke="currentColor" stroke-width="1.6" />
      <path d="M9 2.500a6.500 6.500 0 0 1 0 13z" fill="currentColor" />
    </svg>`,
    light: html`<svg width="18" height="18" viewBox="0 0 18 18" aria-hidden="true">
      <circle cx="9" cy="9" r="3.600" fill="currentColor" />
      <path
        d="M9 1v2.200M9 14.800V17M1 9h2.200M14.800 9H17M3.300 3.300l1.600 1.600M13.100 13.100l1.600 1.600M3.300 14.700l1.600-1.600M13.100 4.900l1.600-1.600"
        stroke="currentColor"
        stroke-width="1.600"
        stroke-linecap="round"
      />
    </svg>`,
    dark: html`<svg width="18" height="18" viewBox="0 0 18 18" aria-hidden="true">
      <path d="M15 11.500A6.800 6.800 0 0 1 6.500 3a6.800 6.800 0 1 0 8.500 8.500z" fill="currentColor" />
    </svg>`,
  };
  return shapes[scheme];
}
