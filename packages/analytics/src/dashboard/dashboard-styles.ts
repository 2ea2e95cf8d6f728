import { css } from 'lit';

/** Layout of the dashboard: one column on a phone, twelve on a desk. */
export const dashboardStyles = css`
  :host {
    display: block;
  }
  main {
    max-width: 1240px;
    margin: 0 auto;
    padding: 24px 20px 64px;
  }
  header {
    display: flex;
    flex-wrap: wrap;
    align-items: flex-end;
    gap: 12px 20px;
    margin-bottom: 18px;
  }
  h1 {
    margin: 0 0 2px;
    font: 600 34px/1.1 var(--tap-serif);
    letter-spacing: -0.015em;
  }
  .lead {
    display: flex;
    flex-wrap: wrap;
    gap: 2px 14px;
    align-items: center;
    margin: 0;
    color: var(--tap-muted);
    max-width: 46rem;
  }
  .controls {
    margin-left: auto;
    display: flex;
    flex-wrap: wrap;
    gap: 10px;
    align-items: center;
  }
  .choice button[aria-pressed='true'] {
    background: var(--tap-amber);
    color: #1c1208;
    font-weight: 600;
  }
  .state {
    display: inline-flex;
    align-items: center;
    gap: 7px;
    color: var(--tap-muted);
    font-size: 13.5px;
    font-variant-numeric: tabular-nums;
  }
  .dot {
    width: 8px;
    height: 8px;
    border-radius: 50%;
    background: var(--tap-line-strong);
  }
  .dot.live {
    background: var(--tap-good);
    animation: breathe 2.4s ease-in-out infinite;
  }
  .dot.lost {
    background: var(--tap-bad);
  }
  @keyframes breathe {
    50% {
      opacity: 0.35;
    }
  }
  @media (prefers-reduced-motion: reduce) {
    .dot.live {
      animation: none;
    }
  }
  .grid {
    display: grid;
    grid-template-columns: repeat(12, minmax(0, 1fr));
    gap: 16px;
  }
  .card,
  .panel {
    background: var(--tap-surface);
    border: 1px solid var(--tap-line);
    border-radius: 12px;
  }
  .card {
    padding: 15px 18px 14px;
    min-width: 0;
  }
  section h2 {
    margin: 0;
    font: 600 18px/1.25 var(--tap-serif);
  }
  .card > p {
    margin: 2px 0 12px;
    color: var(--tap-muted);
    font-size: 13.5px;
  }
  .span-12 {
    grid-column: span 12;
  }
  .span-8 {
    grid-column: span 8;
  }
  .span-6 {
    grid-column: span 6;
  }
  .span-4 {
    grid-column: span 4;
  }
  .numbers {
    display: grid;
    grid-template-columns: repeat(6, minmax(0, 1fr));
    margin: 0;
    overflow: hidden;
  }
  .number {
    padding: 4px 18px 2px;
    border-left: 1px solid var(--tap-line);
  }
  .number:first-child {
    border-left: 0;
    padding-left: 0;
  }
  .number dt {
    font-weight: 600;
    font-size: 14px;
  }
  .number dd {
    margin: 0;
  }
  .value {
    font: 600 34px/1.15 var(--tap-serif);
    font-variant-numeric: tabular-nums lining-nums;
    letter-spacing: -0.02em;
    white-space: nowrap;
  }
  .sql {
    font-weight: 400;
    font-size: 12px;
    color: var(--tap-link);
    padding: 3px 2px;
    border-radius: 5px;
  }
  .sql:hover {
    color: var(--tap-text);
    background: var(--tap-hover);
  }
  .change {
    margin-left: 7px;
    font:
      500 13.5px/1 system-ui,
      sans-serif;
    letter-spacing: 0;
    color: var(--tap-link);
  }
  .toggle,
  summary {
    border: 1px solid var(--tap-line);
    border-radius: 9px;
    background: var(--tap-surface);
    padding: 7px 12px;
    line-height: 22px;
    color: var(--tap-muted);
    cursor: pointer;
    white-space: nowrap;
  }
  .toggle:hover,
  summary:hover {
    color: var(--tap-text);
  }
  .toggle[aria-pressed='true'] {
    border-color: var(--tap-amber);
    color: var(--tap-text);
    font-weight: 600;
  }
  .dates {
    position: relative;
  }
  summary {
    list-style: none;
  }
  summary::-webkit-details-marker {
    display: none;
  }
  .sheet {
    position: absolute;
    z-index: 2;
    top: 46px;
    right: 0;
    display: grid;
    gap: 10px;
    padding: 14px 16px;
    background: var(--tap-surface);
    border: 1px solid var(--tap-line-strong);
    border-radius: 10px;
    box-shadow: 0 8px 28px rgb(20 10 0 / 0.25);
  }
  .sheet label {
    display: grid;
    gap: 3px;
    font-size: 13px;
    color: var(--tap-muted);
  }
  .sheet input {
    padding: 5px 8px;
    border: 1px solid var(--tap-line);
    border-radius: 7px;
    background: var(--tap-page);
    color: var(--tap-text);
  }
  .chips {
    flex-basis: 100%;
    display: flex;
    flex-wrap: wrap;
    gap: 8px;
    list-style: none;
    margin: 0;
    padding: 0;
  }
  .chips button {
    max-width: 90vw;
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
    border: 1px solid var(--tap-amber);
    border-radius: 999px;
    background: none;
    padding: 4px 12px;
    cursor: pointer;
  }
  .chips .plain,
  .plain {
    border: 0;
    background: none;
    padding: 4px 8px;
    color: var(--tap-link);
    cursor: pointer;
  }
  .notice {
    flex-basis: 100%;
    margin: 0;
    color: var(--tap-muted);
    font-size: 13.5px;
    overflow-wrap: anywhere;
  }
  .notice:empty {
    display: none;
  }
  .link {
    border: 0;
    background: none;
    padding: 3px 0;
    min-height: 24px;
    max-width: 100%;
    overflow: hidden;
    text-overflow: ellipsis;
    color: var(--tap-link);
    cursor: pointer;
    text-align: left;
  }
  .link:hover {
    text-decoration: underline;
  }
  .bars {
    list-style: none;
    margin: 0;
    padding: 0;
    display: grid;
    grid-template-columns: minmax(0, 1fr) auto auto;
    gap: 9px 12px;
    font-size: 13.5px;
    font-variant-numeric: tabular-nums;
  }
  .bars li {
    display: grid;
    grid-column: 1 / -1;
    grid-template-columns: subgrid;
    gap: 1px 12px;
    align-items: baseline;
  }
  .bars .muted {
    white-space: nowrap;
  }
  .bars svg {
    grid-column: 1 / -1;
    width: 100%;
    height: 6px;
    background: var(--tap-hover);
    border-radius: 3px;
  }
  .bars rect {
    fill: var(--tap-amber);
  }
  .faded svg {
    opacity: 0.35;
  }
  .right {
    text-align: right;
  }
  .meaning {
    color: var(--tap-muted);
    font-size: 12.5px;
    line-height: 1.4;
  }
  .strip {
    list-style: none;
    margin: 0;
    padding: 0;
    height: 240px;
    overflow: hidden;
    font-size: 13.5px;
  }
  .strip li {
    display: grid;
    grid-template-columns: 62px minmax(0, 1fr) auto;
    gap: 8px;
    height: 30px;
    line-height: 29px;
    border-bottom: 1px solid var(--tap-line);
    font-variant-numeric: tabular-nums;
  }
  .cut {
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  .muted {
    color: var(--tap-muted);
  }
  .scroll {
    overflow-x: auto;
  }
  table {
    width: 100%;
    border-collapse: collapse;
    font-size: 13.5px;
    font-variant-numeric: tabular-nums;
  }
  th {
    text-align: left;
    font-weight: 600;
    color: var(--tap-muted);
    padding: 6px 14px 6px 0;
    border-bottom: 1px solid var(--tap-line-strong);
    white-space: nowrap;
  }
  td {
    padding: 7px 14px 7px 0;
    border-bottom: 1px solid var(--tap-line);
    max-width: 220px;
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  th.right,
  td.right {
    text-align: right;
  }
  tr:last-child td {
    border-bottom: 0;
  }
  .panel {
    padding: 72px 24px;
    text-align: center;
  }
  .panel h2 {
    font-size: 24px;
    margin-bottom: 6px;
  }
  .panel p {
    margin: 0 auto 16px;
    max-width: 44rem;
    font-size: 15px;
  }
  .panel code {
    font: 13px/1.5 var(--tap-mono);
    white-space: pre-wrap;
    overflow-wrap: anywhere;
  }
  .button {
    display: inline-block;
    padding: 8px 16px;
    border: 0;
    border-radius: 8px;
    background: var(--tap-amber);
    color: #1c1208;
    font-weight: 600;
    text-decoration: none;
    cursor: pointer;
  }
  .open {
    display: grid;
    margin: 0 0 16px;
    padding: 10px 14px;
    border: 1px solid var(--tap-good);
    border-radius: 9px;
    overflow-wrap: anywhere;
  }
  .drop {
    position: fixed;
    inset: 12px;
    z-index: 9;
    display: grid;
    place-items: center;
    border: 2px dashed var(--tap-amber);
    border-radius: 14px;
    background: color-mix(in srgb, var(--tap-surface) 88%, transparent);
    font-size: 18px;
    pointer-events: none;
  }
  .stale {
    margin: 0 0 16px;
    padding: 10px 14px;
    border: 1px solid var(--tap-bad);
    border-radius: 9px;
    color: var(--tap-bad);
  }
  .busy {
    margin: 0 0 16px;
    padding: 6px 14px;
    border: 1px solid var(--tap-line);
    border-radius: 9px;
    color: var(--tap-muted);
    font-variant-numeric: tabular-nums;
    animation: appear 0.2s 0.4s both;
  }
  @keyframes appear {
    from {
      opacity: 0;
    }
  }
  .nothing {
    display: grid;
    place-content: center;
    justify-items: center;
    gap: 10px;
    min-height: 240px;
    text-align: center;
    color: var(--tap-muted);
  }
  @media (max-width: 900px) {
    .span-8,
    .span-6,
    .span-4 {
      grid-column: span 12;
    }
    .numbers {
      grid-template-columns: repeat(2, minmax(0, 1fr));
    }
    .number {
      border-left: 0;
      border-top: 1px solid var(--tap-line);
    }
    .number:nth-child(odd) {
      padding-left: 0;
    }
    .number:nth-child(even) {
      border-left: 1px solid var(--tap-line);
    }
    .number:nth-child(-n + 2) {
      border-top: 0;
    }
    .sheet {
      right: auto;
      left: 0;
    }
    .controls {
      margin-left: 0;
    }
  }
  @media (max-width: 560px) {
    main {
      padding: 18px 14px 48px;
    }
    h1 {
      font-size: 28px;
    }
    .value {
      font-size: 28px;
    }
    .grid {
      gap: 12px;
    }
    .card {
      padding: 13px 14px 12px;
    }
    .number {
      padding: 12px 14px;
    }
    .choice {
      overflow-x: auto;
      max-width: calc(100vw - 28px);
    }
  }
`;
