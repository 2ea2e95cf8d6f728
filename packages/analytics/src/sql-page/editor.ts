import {
  acceptCompletion,
  autocompletion,
  closeBrackets,
  closeBracketsKeymap,
  closeCompletion,
  completionKeymap,
} from '@codemirror/autocomplete';
import { defaultKeymap, history, historyKeymap } from '@codemirror/commands';
import { bracketMatching, indentOnInput } from '@codemirror/language';
import { highlightSelectionMatches, searchKeymap } from '@codemirror/search';
import { Compartment, EditorState, type Extension, StateEffect, StateField } from '@codemirror/state';
import {
  Decoration,
  type DecorationSet,
  drawSelection,
  EditorView,
  highlightActiveLine,
  highlightActiveLineGutter,
  keymap,
  lineNumbers,
  placeholder,
} from '@codemirror/view';

import { columnSource, functionSource, sqlLanguage } from './completion.ts';
import { DuckDbDialect } from './duckdb-dialect.ts';
import { editorColours } from './editor-colours.ts';
import type { SqlFunction } from './lake-session.ts';
import { statementAt, statements, type Statement } from './statements.ts';

export interface EditorActions {
  /** Ctrl-Enter or Cmd-Enter. */
  run: () => void;
  /** Ctrl-Shift-Enter. */
  runStatement: () => void;
  /** Ctrl-S. */
  save: () => void;
  changed: (text: string) => void;
}

/** The text of the tabs, one at a time, with a caret and an undo history for each. */
export class SqlEditor {
  readonly #view: EditorView;
  readonly #states = new Map<string, EditorState>();
  readonly #functions = new Compartment();
  readonly #extensions: Extension;
  #shown = '';
  #known: readonly SqlFunction[] = [];

  constructor(parent: HTMLElement, root: ShadowRoot, actions: EditorActions) {
    this.#extensions = this.#setup(actions);
    this.#view = new EditorView({ parent, root });
  }

  /** Shows a tab's text. */
  show(id: string, text: string): void {
    if (this.#shown) this.#states.set(this.#shown, this.#view.state);
    const kept = this.#states.get(id);
    const state =
      kept?.doc.toString() === text ? kept : EditorState.create({ doc: text, extensions: this.#extensions });
    this.#shown = id;
    this.#view.setState(state);
    this.functions(this.#known);
  }

  /** Replaces the text of the tab shown; it can be undone. */
  replace(text: string): void {
    this.#view.dispatch({ changes: { from: 0, to: this.#view.state.doc.length, insert: text } });
  }

  /** Puts a text in at the caret. */
  insert(text: string): void {
    this.#view.dispatch(this.#view.state.replaceSelection(text), { userEvent: 'input' });
    this.#view.focus();
  }

  /** What to run: the selected text, or null where nothing is selected. */
  selection(): Statement[] | null {
    const { from, to } = this.#view.state.selection.main;
    if (from === to) return null;
    const shifted = statements(this.#view.state.sliceDoc(from, to));
    return shifted.map((statement) => ({ ...statement, from: statement.from + from, to: statement.to + from }));
  }

  statementAtCaret(): Statement | undefined {
    return statementAt(this.#view.state.doc.toString(), this.#view.state.selection.main.head);
  }

  /** Shuts the list of completions, which would lie over the result. */
  closeList(): void {
    closeCompletion(this.#view);
  }

  /** Marks the word at an offset as the fault, and goes there if asked. */
  mark(offset: number | null, { go = false } = {}): void {
    this.#view.dispatch({ effects: setFault.of(offset) });
    if (offset === null || !go) return;
    this.#view.dispatch({ selection: { anchor: offset }, scrollIntoView: true });
    this.#view.focus();
  }

  functions(functions: readonly SqlFunction[]): void {
    this.#known = functions;
    this.#view.dispatch({ effects: this.#functions.reconfigure(this.#functionData()) });
  }

  focus(): void {
    this.#view.focus();
  }

  destroy(): void {
    this.#view.destroy();
  }

  #functionData(): Extension {
    return DuckDbDialect.language.data.of({ autocomplete: functionSource(this.#known) });
  }

  #setup(actions: EditorActions): Extension {
    return [
      keymap.of([
        { key: 'Mod-Enter', run: act(actions.run), preventDefault: true },
        { key: 'Mod-Shift-Enter', run: act(actions.runStatement), preventDefault: true },
        { key: 'Mod-s', run: act(actions.save), preventDefault: true },
        // Tab takes a completion; without one it leaves the editor, so that the keyboard is not caught in it.
        { key: 'Tab', run: acceptCompletion },
      ]),
      keymap.of([...closeBracketsKeymap, ...defaultKeymap, ...searchKeymap, ...historyKeymap, ...completionKeymap]),
      lineNumbers(),
      highlightActiveLine(),
      highlightActiveLineGutter(),
      history(),
      drawSelection(),
      indentOnInput(),
      bracketMatching(),
      closeBrackets(),
      highlightSelectionMatches(),
      autocompletion({ icons: false }),
      sqlLanguage,
      DuckDbDialect.language.data.of({ autocomplete: columnSource }),
      this.#functions.of(this.#functionData()),
      placeholder('SELECT … FROM sessions'),
      EditorView.lineWrapping,
      EditorView.contentAttributes.of({ 'aria-label': 'SQL', spellcheck: 'false', autocapitalize: 'off' }),
      faultField,
      editorColours,
      EditorView.updateListener.of((update) => {
        if (update.docChanged) actions.changed(update.state.doc.toString());
      }),
    ];
  }
}

/** A key's command that has always done its work. */
function act(action: () => void): () => boolean {
  return () => {
    action();
    return true;
  };
}

const setFault = StateEffect.define<number | null>();

/** The fault of the last run, until the text changes. */
const faultField = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update(marks, transaction) {
    const effect = transaction.effects.findLast((each) => each.is(setFault));
    if (!effect) return transaction.docChanged ? Decoration.none : marks;
    const offset = effect.value;
    if (offset === null || transaction.state.doc.length === 0) return Decoration.none;
    const from = Math.min(offset, transaction.state.doc.length - 1);
    const word = /^[\w$]+/.exec(transaction.state.sliceDoc(from, from + 200))?.[0].length ?? 1;
    return Decoration.set(Decoration.mark({ class: 'cm-fault' }).range(from, from + word));
  },
  provide: (field) => EditorView.decorations.from(field),
});
