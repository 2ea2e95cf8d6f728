import { css } from 'lit';

/** Colours, type and space of every element: a taproom by day and by night. Any `--tap-*` may be set from outside. */
export const theme = css`
  :host {
    --tap-page: light-dark(#f8f0df, #16100a);
    --tap-surface: light-dark(#fffaf0, #211811);
    --tap-hover: light-dark(#efe2c6, #2e2217);
    --tap-text: light-dark(#2b1a0d, #f4e7d0);
    --tap-muted: light-dark(#6d5540, #c0a98a);
    --tap-line: light-dark(#e6d8bb, #3a2c1f);
    --tap-line-strong: light-dark(#c4ad84, #5c4732);
    --tap-amber: light-dark(#c9771a, #e69a26);
    --tap-amber-strong: light-dark(#94480a, #f5b04a);
    --tap-link: light-dark(#94480a, #f2ad42);
    --tap-good: light-dark(#2d6a35, #8fcf8a);
    --tap-bad: light-dark(#a3301c, #f08a70);
    --tap-shade-0: light-dark(#fbe8c0, #33261a);
    --tap-shade-1: light-dark(#f5cf85, #54391a);
    --tap-shade-2: light-dark(#e8ac4b, #85571a);
    --tap-shade-3: light-dark(#cf8220, #bd7a1e);
    --tap-shade-4: light-dark(#a05a0e, #f0ad45);
    --tap-serif: 'Iowan Old Style', 'Palatino Linotype', Palatino, 'URW Palladio L', 'P052', Georgia, serif;
    --tap-mono: ui-monospace, 'Cascadia Mono', 'SF Mono', Menlo, 'DejaVu Sans Mono', monospace;
    font-family: system-ui, 'Segoe UI', Roboto, 'Noto Sans', 'DejaVu Sans', sans-serif;
    font-size: 15px;
    line-height: 1.45;
    color: var(--tap-text);
    -webkit-font-smoothing: antialiased;
  }
  * {
    box-sizing: border-box;
  }
  button,
  select,
  input {
    font: inherit;
    color: inherit;
  }
  :focus-visible {
    outline: 2px solid var(--tap-amber-strong);
    outline-offset: 2px;
  }
  a {
    color: var(--tap-link);
  }
  .hidden {
    position: absolute;
    width: 1px;
    height: 1px;
    overflow: hidden;
    clip-path: inset(50%);
    white-space: nowrap;
  }
`;
