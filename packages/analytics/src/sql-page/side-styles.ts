import { css } from 'lit';

/** The list at the side: the lake's relations, examples, what is saved, what was run. */
export const sideStyles = css`
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
  .own {
    margin-top: 14px;
    border-top: 1px solid var(--tap-line);
  }
  .own .row {
    flex-wrap: wrap;
  }
`;
