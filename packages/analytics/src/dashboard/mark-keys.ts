const answers = new WeakMap<Element, AbortController>();

/**
 * Makes the marks of a chart reachable: one stop for Tab, arrows between the marks, Enter or Space to choose.
 *
 * @param marks in reading order
 * @param describe what a mark says, and what choosing it does
 */
export function marksAsButtons(
  marks: readonly Element[],
  describe: (index: number) => { label: string; pressed?: boolean; choose: () => void },
): void {
  for (const [index, mark] of marks.entries()) {
    const { label, pressed, choose } = describe(index);
    mark.setAttribute('role', 'button');
    // A group that has words to see is named by its own title, which they are part of.
    if (!mark.querySelector(':scope > title + *')) mark.setAttribute('aria-label', label);
    if (pressed !== undefined) mark.setAttribute('aria-pressed', String(pressed));
    mark.setAttribute('tabindex', index === 0 ? '0' : '-1');
    mark.classList.add('mark');
    // Marks may be kept while their picture is drawn again: the old answers go first.
    answers.get(mark)?.abort();
    const answer = new AbortController();
    answers.set(mark, answer);
    mark.addEventListener('click', choose, { signal: answer.signal });
    mark.addEventListener('keydown', (event) => onKey(event as KeyboardEvent, { marks, index, choose }), {
      signal: answer.signal,
    });
  }
}

const steps: Record<string, number> = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };

function onKey(event: KeyboardEvent, at: { marks: readonly Element[]; index: number; choose: () => void }): void {
  if (event.key === 'Enter' || event.key === ' ') {
    event.preventDefault();
    at.choose();
    return;
  }
  const step = steps[event.key];
  const next = step === undefined ? undefined : at.marks[at.index + step];
  if (!next) return;
  event.preventDefault();
  for (const mark of at.marks) mark.setAttribute('tabindex', mark === next ? '0' : '-1');
  (next as SVGElement).focus();
}
