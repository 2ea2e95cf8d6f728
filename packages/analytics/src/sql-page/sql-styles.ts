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
  .choice button {
    padding: 4px 10px;
    font-size: 13px;
  }
  .choice button[aria-pressed='true'] {
    background: var(--tap-hover);
    color: var(--tap-text);
    font-weight: 600;
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
    background: color-mix(in srgb, var(--tap-amber) 82%, white);
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
