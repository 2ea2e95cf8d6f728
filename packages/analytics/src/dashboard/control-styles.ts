import { css } from 'lit';

/** What the dashboard and the SQL page have in common: a row of choices, and how far something has come. */
export const controlStyles = css`
  .choice {
    display: inline-flex;
    border: 1px solid var(--tap-line);
    border-radius: 9px;
    background: var(--tap-surface);
    padding: 3px;
  }
  .choice button {
    border: 0;
    background: none;
    padding: 5px 11px;
    border-radius: 6px;
    color: var(--tap-muted);
    cursor: pointer;
    white-space: nowrap;
  }
  .choice button:hover:not(:disabled) {
    color: var(--tap-text);
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
`;
