import { css } from 'lit';

/** What a statement gave: facts, chart, plan, fault, and what stands there before the first. */
export const outcomeStyles = css`
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
`;
