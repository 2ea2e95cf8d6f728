import { HighlightStyle, syntaxHighlighting } from '@codemirror/language';
import type { Extension } from '@codemirror/state';
import { EditorView } from '@codemirror/view';
import { tags } from '@lezer/highlight';

const look = EditorView.theme({
  '&': { height: '100%', color: 'var(--tap-text)', backgroundColor: 'transparent', fontSize: '13.5px' },
  '&.cm-focused': { outline: 'none' },
  '.cm-scroller': { fontFamily: 'var(--tap-mono)', lineHeight: '1.6', overflow: 'auto' },
  '.cm-content': { caretColor: 'var(--tap-amber-strong)', padding: '10px 0' },
  '.cm-cursor': { borderLeftColor: 'var(--tap-amber-strong)', borderLeftWidth: '2px' },
  '.cm-gutters': { backgroundColor: 'transparent', color: 'var(--tap-muted)', border: 'none' },
  '.cm-lineNumbers .cm-gutterElement': { padding: '0 10px 0 14px', minWidth: '40px' },
  '.cm-activeLine': { backgroundColor: 'color-mix(in srgb, var(--tap-hover) 45%, transparent)' },
  '.cm-activeLineGutter': { backgroundColor: 'transparent', color: 'var(--tap-text)' },
  '&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground': {
    backgroundColor: 'color-mix(in srgb, var(--tap-amber) 32%, transparent)',
  },
  '.cm-selectionMatch': { backgroundColor: 'color-mix(in srgb, var(--tap-amber) 18%, transparent)' },
  '&.cm-focused .cm-matchingBracket': {
    backgroundColor: 'color-mix(in srgb, var(--tap-amber) 30%, transparent)',
    outline: 'none',
  },
  '.cm-placeholder': { color: 'var(--tap-muted)' },
  '.cm-fault': {
    textDecoration: 'underline wavy var(--tap-bad) 1.5px',
    textUnderlineOffset: '4px',
    backgroundColor: 'color-mix(in srgb, var(--tap-bad) 16%, transparent)',
  },
  '.cm-tooltip': {
    backgroundColor: 'var(--tap-surface)',
    border: '1px solid var(--tap-line-strong)',
    borderRadius: '8px',
    boxShadow: '0 6px 24px rgb(0 0 0 / 0.18)',
    color: 'var(--tap-text)',
  },
  '.cm-tooltip.cm-completionInfo': {
    padding: '8px 11px',
    maxWidth: '300px',
    fontFamily: 'system-ui, sans-serif',
    fontSize: '13px',
    lineHeight: '1.45',
  },
  '.cm-tooltip.cm-tooltip-autocomplete > ul': {
    fontFamily: 'var(--tap-mono)',
    fontSize: '13px',
    maxHeight: '16em',
    minWidth: '250px',
    borderRadius: '8px',
  },
  '.cm-tooltip.cm-tooltip-autocomplete > ul > li': { padding: '3px 10px', lineHeight: '1.5' },
  '.cm-tooltip.cm-tooltip-autocomplete > ul > li[aria-selected]': {
    backgroundColor: 'var(--tap-hover)',
    color: 'var(--tap-text)',
  },
  '.cm-completionMatchedText': { textDecoration: 'none', fontWeight: '700', color: 'var(--tap-amber-strong)' },
  '.cm-completionDetail': { color: 'var(--tap-muted)', fontStyle: 'normal', marginLeft: '1em', fontSize: '12px' },
  '.cm-panels': { backgroundColor: 'var(--tap-surface)', color: 'var(--tap-text)', borderColor: 'var(--tap-line)' },
  '.cm-panels.cm-panels-bottom': { borderTop: '1px solid var(--tap-line)' },
  '.cm-textfield': {
    backgroundColor: 'var(--tap-page)',
    border: '1px solid var(--tap-line-strong)',
    borderRadius: '6px',
    color: 'inherit',
  },
  '.cm-button': {
    backgroundImage: 'none',
    backgroundColor: 'var(--tap-hover)',
    border: '1px solid var(--tap-line)',
    borderRadius: '6px',
    color: 'inherit',
  },
  '.cm-searchMatch': { backgroundColor: 'color-mix(in srgb, var(--tap-amber) 35%, transparent)' },
});

const words = HighlightStyle.define([
  { tag: tags.keyword, color: 'light-dark(#8a3d0a, #f2ad42)', fontWeight: '600' },
  { tag: [tags.string, tags.special(tags.string)], color: 'light-dark(#2d6a35, #9ccf8a)' },
  { tag: [tags.number, tags.bool, tags.null], color: 'light-dark(#1f5c8a, #8fc3e8)' },
  { tag: [tags.typeName, tags.standard(tags.name)], color: 'light-dark(#7a3b69, #d7a3cf)' },
  { tag: [tags.lineComment, tags.blockComment], color: 'var(--tap-muted)', fontStyle: 'italic' },
  { tag: [tags.operator, tags.punctuation], color: 'var(--tap-muted)' },
]);

/** The editor in the colours of the house, by day and by night. */
export const editorColours: Extension = [look, syntaxHighlighting(words)];
