/** What a page may style from outside, by `::part(name)`, and where it is. */
const parts: readonly (readonly [name: string, where: string])[] = [
  ['chart', 'svg'],
  ['mark', '.mark'],
  ['table', 'table'],
  ['field', 'input, select'],
  ['button', 'button'],
];

/** Names the parts of an element as it is drawn now: a chart's marks come and go. */
export function nameParts(root: ParentNode): void {
  for (const [name, where] of parts) {
    for (const found of root.querySelectorAll(where))
      if (found.getAttribute('part') !== name) found.setAttribute('part', name);
  }
}
