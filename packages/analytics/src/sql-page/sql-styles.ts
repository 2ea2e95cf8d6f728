import { css } from 'lit';

/** Layout of the SQL page: list, editor and result side by side on a desk, one under the other on a phone. */
export const sqlStyles = css`
  :host {
    display: block;
    height: calc(100dvh - 57px);
    min-height: 520px;
    font-size: 14px;
  }
  .page {
    display: grid;
    grid-template-columns: 292px minmax(0, 1fr);
    height: 100%;
  }
  aside {
    display: flex;
    flex-direction: column;
    min-height: 0;
    border-right: 1px solid var(--tap-line);
  }
  main {
    display: grid;
    grid-template-rows: auto auto minmax(90px, var(--editor)) 9px minmax(0, 1fr);
    min-width: 0;
    min-height: 0;
  }
  h1,
  .heard {
    position: absolute;
    width: 1px;
    height: 1px;
    overflow: hidden;
    clip-path: inset(50%);
  }
  button,
  select {
    cursor: pointer;
  }
  button:disabled {
    cursor: default;
    opacity: 0.45;
  }
  .choice {
    display: inline-flex;
    padding: 2px;
    border: 1px solid var(--tap-line);
    border-radius: 8px;
    background: var(--tap-surface);
  }
  .choice button {
    padding: 4px 10px;
    border: 0;
    border-radius: 6px;
    background: none;
    color: var(--tap-muted);
    font-size: 13px;
    white-space: nowrap;
  }
  .choice button:hover:not(:disabled) {
    color: var(--tap-text);
  }
  .choice button[aria-pressed='true'] {
    background: var(--tap-hover);
    color: var(--tap-text);
    font-weight: 600;
  }
  aside > .choice {
    margin: 12px 12px 8px;
  }
  aside > .choice button {
    flex: 1;
    padding: 5px 4px;
  }
  .list {
    flex: 1;
    min-height: 0;
    overflow: auto;
    padding: 0 12px 24px;
  }
  .list h2 {
    margin: 16px 4px 4px;
    font: 600 16px/1.3 var(--tap-serif);
  }
  .list p {
    margin: 4px;
    color: var(--tap-muted);
    font-size: 13px;
  }
  details {
    border-bottom: 1px solid var(--tap-line);
  }
  summary {
    padding: 8px 4px;
    cursor: pointer;
    list-style: none;
    border-radius: 6px;
  }
  summary::-webkit-details-marker {
    display: none;
  }
  summary:hover {
    background: var(--tap-hover);
  }
  summary .name {
    font: 600 13px/1.4 var(--tap-mono);
  }
  summary .name::before {
    content: '▸';
    display: inline-block;
    width: 15px;
    color: var(--tap-muted);
    transition: transform 0.12s;
    transform-origin: 4px 50%;
  }
  details[open] summary .name::before {
    transform: rotate(90deg);
  }
  .badge {
    float: right;
    color: var(--tap-muted);
    font-size: 11.5px;
  }
  summary .about {
    display: block;
    padding-left: 15px;
    color: var(--tap-muted);
    font-size: 12.5px;
    line-height: 1.4;
  }
  .columns {
    margin: 0 0 10px;
    padding: 0 0 0 15px;
    list-style: none;
  }
  .column {
    display: block;
    width: 100%;
    padding: 4px 6px;
    border: 0;
    border-radius: 6px;
    background: none;
    text-align: left;
    line-height: 1.35;
  }
  .column:hover,
  .item:hover {
    background: var(--tap-hover);
  }
  .column .name {
    font: 12.5px/1.35 var(--tap-mono);
  }
  .column .type {
    float: right;
    margin-left: 8px;
    color: var(--tap-muted);
    font: 10.5px/17px var(--tap-mono);
    max-width: 86px;
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  .column .about {
    display: block;
    color: var(--tap-muted);
    font-size: 12px;
  }
  .look {
    margin: 0 0 6px 15px;
  }
  .items {
    margin: 0;
    padding: 0;
    list-style: none;
  }
  .items li {
    display: flex;
    align-items: flex-start;
    border-bottom: 1px solid var(--tap-line);
  }
  .item {
    flex: 1;
    min-width: 0;
    padding: 7px 4px;
    border: 0;
    border-radius: 6px;
    background: none;
    text-align: left;
    line-height: 1.4;
  }
  .item .name {
    display: block;
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  .item .about {
    display: block;
    overflow: hidden;
    text-overflow: ellipsis;
    color: var(--tap-muted);
    font-size: 12.5px;
  }
  .item .bad {
    color: var(--tap-bad);
  }
  .row {
    display: flex;
    flex-wrap: wrap;
    gap: 6px;
    margin: 10px 4px;
  }
  .small {
    padding: 4px 10px;
    border: 1px solid var(--tap-line-strong);
    border-radius: 7px;
    background: none;
    font-size: 13px;
    white-space: nowrap;
  }
  .small:hover:not(:disabled) {
    background: var(--tap-hover);
  }
  .quiet {
    border: 0;
    background: none;
    color: var(--tap-muted);
    border-radius: 6px;
    line-height: 1;
  }
  .quiet:hover {
    color: var(--tap-text);
    background: var(--tap-hover);
  }
  .items .quiet {
    margin-top: 6px;
    padding: 6px 8px;
  }
  .tabs {
    display: flex;
    align-items: flex-end;
    min-width: 0;
    padding: 8px 12px 0;
    border-bottom: 1px solid var(--tap-line);
  }
  .tabs ul {
    display: flex;
    gap: 2px;
    min-width: 0;
    margin: 0;
    padding: 0;
    overflow-x: auto;
    scrollbar-width: none;
    list-style: none;
  }
  .tabs li {
    display: flex;
    align-items: center;
    flex: none;
    max-width: 220px;
    border: 1px solid transparent;
    border-bottom: 0;
    border-radius: 8px 8px 0 0;
  }
  .tabs li.now {
    border-color: var(--tap-line);
    background: var(--tap-surface);
    margin-bottom: -1px;
    padding-bottom: 1px;
  }
  .tab {
    min-width: 0;
    padding: 7px 4px 7px 12px;
    border: 0;
    background: none;
    color: var(--tap-muted);
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
    font-size: 13px;
    outline-offset: -2px;
  }
  .now .tab {
    color: var(--tap-text);
    font-weight: 600;
  }
  .tabs .quiet {
    flex: none;
    padding: 5px 6px;
    margin-right: 4px;
    font-size: 14px;
  }
  .tabs .add {
    padding: 7px 10px;
    margin: 0 0 2px 4px;
    font-size: 17px;
  }
  .bar {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 8px;
    padding: 8px 12px;
    background: var(--tap-surface);
  }
  .run {
    display: inline-flex;
    align-items: center;
    gap: 7px;
    padding: 6px 15px;
    border: 0;
    border-radius: 8px;
    background: var(--tap-amber);
    color: #1c1208;
    font-weight: 600;
  }
  .run:hover:not(:disabled) {
    background: color-mix(in srgb, var(--tap-amber) 86%, var(--tap-text));
  }
  .run.stop {
    background: var(--tap-bad);
    color: var(--tap-page);
  }
  kbd {
    font: 11.5px/1 var(--tap-mono);
  }
  .gap {
    flex: 1;
  }
  .limit {
    display: inline-flex;
    align-items: center;
    gap: 6px;
    color: var(--tap-muted);
    font-size: 13px;
  }
  select {
    padding: 4px 6px;
    border: 1px solid var(--tap-line);
    border-radius: 7px;
    background: var(--tap-surface);
    color: var(--tap-text);
    font-size: 13px;
    max-width: 180px;
  }
  .editor {
    min-height: 0;
    overflow: hidden;
    background: var(--tap-surface);
    border-top: 1px solid var(--tap-line);
  }
  .splitter {
    position: relative;
    cursor: row-resize;
    border-top: 1px solid var(--tap-line);
    touch-action: none;
  }
  .splitter::after {
    content: '';
    position: absolute;
    left: calc(50% - 18px);
    top: 3px;
    width: 36px;
    height: 3px;
    border-radius: 2px;
    background: var(--tap-line-strong);
  }
  .splitter:hover::after,
  .splitter:focus-visible::after {
    background: var(--tap-amber);
  }
  .outcome {
    display: flex;
    flex-direction: column;
    min-height: 0;
    min-width: 0;
    border-top: 1px solid var(--tap-line);
  }
  .strip {
    display: flex;
    gap: 4px;
    padding: 6px 12px 0;
    overflow-x: auto;
  }
  .strip button {
    flex: none;
    max-width: 240px;
    padding: 4px 10px;
    border: 1px solid var(--tap-line);
    border-radius: 7px;
    background: none;
    color: var(--tap-muted);
    font: 12px/1.4 var(--tap-mono);
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  .strip button[aria-pressed='true'] {
    color: var(--tap-text);
    background: var(--tap-hover);
    border-color: var(--tap-line-strong);
  }
  .strip .bad {
    color: var(--tap-bad);
  }
  .facts {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 6px 14px;
    padding: 8px 12px;
  }
  dl {
    display: flex;
    flex-wrap: wrap;
    gap: 2px 16px;
    margin: 0;
    font-size: 13px;
    font-variant-numeric: tabular-nums;
  }
  dl div {
    display: flex;
    gap: 5px;
    align-items: baseline;
  }
  dt {
    color: var(--tap-muted);
  }
  dd {
    margin: 0;
    font-weight: 600;
  }
  .files {
    display: flex;
    gap: 6px;
    margin-left: auto;
  }
  .fill {
    flex: 1;
    min-height: 0;
    border-top: 1px solid var(--tap-line);
    overflow: auto;
  }
  .fill.grid {
    overflow: hidden;
  }
  .chart {
    padding: 14px 16px 24px;
  }
  .pick {
    display: flex;
    flex-wrap: wrap;
    gap: 8px 14px;
    margin-bottom: 16px;
    color: var(--tap-muted);
    font-size: 13px;
  }
  .pick label {
    display: inline-flex;
    align-items: center;
    gap: 6px;
  }
  pre {
    margin: 0;
    padding: 16px;
    font: 12px/1.35 var(--tap-mono);
    overflow: auto;
  }
  .panel {
    flex: 1;
    overflow: auto;
    padding: 36px 24px;
  }
  .panel > * {
    max-width: 760px;
    margin-left: auto;
    margin-right: auto;
  }
  .panel h2 {
    margin-top: 0;
    margin-bottom: 6px;
    font: 600 24px/1.2 var(--tap-serif);
  }
  .panel p {
    margin-top: 0;
    margin-bottom: 16px;
    color: var(--tap-muted);
    font-size: 15px;
  }
  .panel .actions {
    display: flex;
    flex-wrap: wrap;
    gap: 8px;
    align-items: center;
  }
  .panel.busy {
    display: grid;
    align-content: center;
    text-align: center;
    font-variant-numeric: tabular-nums;
  }
  .panel code {
    font: 13px/1.5 var(--tap-mono);
    overflow-wrap: anywhere;
  }
  .fault {
    padding: 14px 16px;
    border: 1px solid color-mix(in srgb, var(--tap-bad) 55%, transparent);
    border-left: 4px solid var(--tap-bad);
    border-radius: 9px;
    background: var(--tap-surface);
  }
  .fault strong {
    display: block;
    margin-bottom: 8px;
    color: var(--tap-bad);
    font-weight: 600;
    white-space: pre-wrap;
    overflow-wrap: anywhere;
  }
  .fault .code {
    padding: 10px 12px;
    margin-bottom: 10px;
    border-radius: 7px;
    background: var(--tap-page);
    font: 12.5px/1.5 var(--tap-mono);
    max-height: 260px;
    overflow: auto;
  }
  .fault .line {
    display: block;
    white-space: pre-wrap;
    overflow-wrap: anywhere;
    min-height: 1.5em;
  }
  .fault .line.here {
    background: color-mix(in srgb, var(--tap-bad) 14%, transparent);
  }
  .fault .no {
    display: inline-block;
    width: 3em;
    color: var(--tap-muted);
    user-select: none;
  }
  .fault mark {
    background: none;
    color: var(--tap-bad);
    font-weight: 700;
    text-decoration: underline wavy;
    text-underline-offset: 4px;
  }
  .cards {
    display: grid;
    grid-template-columns: repeat(auto-fill, minmax(210px, 1fr));
    gap: 10px;
  }
  .card {
    padding: 12px 14px;
    border: 1px solid var(--tap-line);
    border-radius: 10px;
    background: var(--tap-surface);
    text-align: left;
    line-height: 1.4;
  }
  .card:hover {
    border-color: var(--tap-amber);
  }
  .card b {
    display: block;
    font: 600 15.5px/1.3 var(--tap-serif);
  }
  .card span {
    color: var(--tap-muted);
    font-size: 13px;
  }
  progress {
    appearance: none;
    width: min(320px, 80%);
    height: 6px;
    border: 0;
    border-radius: 3px;
    overflow: hidden;
    background: var(--tap-hover);
  }
  progress::-webkit-progress-bar {
    background: var(--tap-hover);
  }
  progress::-webkit-progress-value {
    background: var(--tap-amber);
  }
  progress::-moz-progress-bar {
    background: var(--tap-amber);
  }
  progress:indeterminate {
    background: linear-gradient(90deg, transparent 0 30%, var(--tap-amber) 30% 70%, transparent 70%) 0 0 / 200% 100%
      var(--tap-hover);
    animation: pour 1.4s linear infinite;
  }
  progress:indeterminate::-webkit-progress-bar {
    background: transparent;
  }
  @keyframes pour {
    to {
      background-position: -200% 0;
    }
  }
  .own {
    margin-top: 14px;
    border-top: 1px solid var(--tap-line);
  }
  .own .row {
    flex-wrap: wrap;
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
    color: var(--tap-text);
    font-size: 18px;
    pointer-events: none;
  }
  .notice {
    position: fixed;
    left: 50%;
    bottom: 20px;
    z-index: 5;
    transform: translateX(-50%);
    max-width: calc(100vw - 32px);
    padding: 9px 16px;
    border-radius: 9px;
    background: var(--tap-text);
    color: var(--tap-page);
    font-size: 13.5px;
  }
  .notice:empty {
    display: none;
  }
  dialog {
    width: min(440px, calc(100vw - 32px));
    padding: 20px;
    border: 1px solid var(--tap-line-strong);
    border-radius: 12px;
    background: var(--tap-surface);
    color: var(--tap-text);
  }
  dialog::backdrop {
    background: rgb(0 0 0 / 0.4);
  }
  dialog h2 {
    margin: 0 0 12px;
    font: 600 20px/1.2 var(--tap-serif);
  }
  dialog input {
    width: 100%;
    padding: 8px 10px;
    margin-bottom: 14px;
    border: 1px solid var(--tap-line-strong);
    border-radius: 8px;
    background: var(--tap-page);
  }
  dialog .actions {
    display: flex;
    justify-content: flex-end;
    gap: 8px;
  }
  .keys {
    display: grid;
    grid-template-columns: auto 1fr;
    gap: 8px 16px;
    margin-bottom: 16px;
  }
  .keys dt {
    color: var(--tap-text);
    font: 12.5px/1.6 var(--tap-mono);
  }
  .keys dd {
    font-weight: 400;
    color: var(--tap-muted);
  }
  .keys div {
    display: contents;
  }
  .toggle,
  .veil {
    display: none;
  }
  @media (max-width: 860px) {
    :host {
      height: auto;
      min-height: 0;
    }
    .page {
      display: block;
      height: auto;
    }
    main {
      display: block;
    }
    .toggle {
      display: inline-block;
    }
    aside {
      position: fixed;
      inset: 0 auto 0 0;
      z-index: 4;
      width: min(340px, 88vw);
      background: var(--tap-page);
      visibility: hidden;
      transform: translateX(-100%);
      transition:
        transform 0.18s,
        visibility 0.18s;
    }
    aside.open {
      visibility: visible;
      transform: none;
      box-shadow: 0 0 40px rgb(0 0 0 / 0.35);
    }
    .veil.open {
      display: block;
      position: fixed;
      inset: 0;
      z-index: 3;
      border: 0;
      background: rgb(0 0 0 / 0.35);
    }
    .editor {
      height: 230px;
    }
    .splitter,
    kbd {
      display: none;
    }
    .outcome {
      min-height: 340px;
    }
    .fill.grid {
      height: 62vh;
      flex: none;
    }
    .files {
      margin-left: 0;
    }
    .panel {
      padding: 24px 16px;
    }
    .column .type {
      max-width: 110px;
    }
  }
  @media (max-width: 560px) {
    .limit span {
      display: none;
    }
    .gap {
      display: none;
    }
    .bar {
      gap: 6px;
    }
  }
  @media (prefers-reduced-motion: reduce) {
    aside,
    summary .name::before {
      transition: none;
    }
  }
`;
