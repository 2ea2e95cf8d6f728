import { css } from 'lit';

export const gridStyles = css`
  :host {
    display: block;
    min-height: 0;
    height: 100%;
    position: relative;
  }
  .scroller {
    height: 100%;
    overflow: auto;
    font: 12.5px/1 var(--tap-mono);
    font-variant-numeric: tabular-nums;
    outline-offset: -2px;
    user-select: none;
    overscroll-behavior: contain;
  }
  .row {
    display: grid;
    grid-template-columns: var(--columns);
    width: max-content;
    min-width: 100%;
    height: 30px;
  }
  .body {
    position: relative;
    width: max-content;
    min-width: 100%;
  }
  .shown {
    position: absolute;
    top: 0;
    left: 0;
    width: max-content;
    min-width: 100%;
    will-change: transform;
  }
  .body .row:nth-child(odd) > * {
    --cell: var(--tap-surface);
  }
  .head {
    position: sticky;
    top: 0;
    z-index: 2;
    height: 44px;
    background: var(--tap-surface);
    border-bottom: 1px solid var(--tap-line-strong);
  }
  .head > * {
    position: relative;
    padding: 7px 12px 0;
    overflow: hidden;
    cursor: pointer;
    background: var(--tap-surface);
    font-family: inherit;
  }
  .head > :hover {
    background: var(--tap-hover);
  }
  .head .name {
    display: block;
    font-weight: 700;
    line-height: 16px;
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  .head .type {
    display: block;
    margin-top: 1px;
    font-size: 10.5px;
    line-height: 14px;
    color: var(--tap-muted);
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  .head .order {
    color: var(--tap-amber-strong);
  }
  .grip {
    position: absolute;
    right: 0;
    top: 0;
    width: 9px;
    height: 100%;
    cursor: col-resize;
    border-right: 1px solid var(--tap-line);
    touch-action: none;
  }
  .grip:hover {
    border-right: 2px solid var(--tap-amber);
  }
  .cell {
    padding: 0 12px;
    line-height: 29px;
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: pre;
    border-bottom: 1px solid var(--tap-line);
    background: var(--tap-surface);
    cursor: cell;
  }
  .right {
    text-align: right;
  }
  .number {
    position: sticky;
    left: 0;
    z-index: 1;
    color: var(--tap-muted);
    text-align: right;
    padding: 0 10px 0 6px;
    cursor: default;
    border-right: 1px solid var(--tap-line);
    font-size: 11.5px;
  }
  .head .number {
    z-index: 3;
    padding-top: 16px;
  }
  .null {
    color: var(--tap-muted);
    font-style: italic;
    opacity: 0.75;
  }
  .chosen {
    background: color-mix(in srgb, var(--tap-amber) 22%, var(--tap-surface));
  }
  .active {
    outline: 2px solid var(--tap-amber-strong);
    outline-offset: -2px;
  }
  .sums {
    position: absolute;
    right: 14px;
    bottom: 14px;
    z-index: 3;
    max-width: calc(100% - 28px);
    padding: 5px 11px;
    border: 1px solid var(--tap-line-strong);
    border-radius: 8px;
    background: var(--tap-surface);
    box-shadow: 0 4px 16px rgb(0 0 0 / 0.14);
    font-size: 12.5px;
    font-variant-numeric: tabular-nums;
    pointer-events: none;
  }
  .none {
    position: absolute;
    inset: 60px 0 auto;
    margin: 0;
    padding: 0 16px;
    text-align: center;
    color: var(--tap-muted);
    font:
      14px/1.5 system-ui,
      sans-serif;
  }
  dialog {
    width: min(720px, calc(100vw - 32px));
    max-height: 80vh;
    padding: 0;
    border: 1px solid var(--tap-line-strong);
    border-radius: 12px;
    background: var(--tap-surface);
    color: var(--tap-text);
  }
  dialog::backdrop {
    background: rgb(0 0 0 / 0.4);
  }
  dialog header {
    display: flex;
    align-items: center;
    gap: 8px;
    padding: 12px 16px;
    border-bottom: 1px solid var(--tap-line);
    font-weight: 600;
  }
  dialog header span {
    margin-right: auto;
    overflow-wrap: anywhere;
  }
  dialog pre {
    margin: 0;
    padding: 14px 16px 18px;
    max-height: 60vh;
    overflow: auto;
    font: 13px/1.55 var(--tap-mono);
    white-space: pre-wrap;
    overflow-wrap: anywhere;
  }
  dialog button {
    padding: 4px 11px;
    border: 1px solid var(--tap-line-strong);
    border-radius: 7px;
    background: none;
    cursor: pointer;
    font-size: 13px;
  }
  dialog button:hover {
    background: var(--tap-hover);
  }
`;
