/**
 * A page as lines of text, for a snapshot that holds on every machine: the elements in order, through shadow roots,
 * with the boxes of what has a width of its own, the shapes of charts in their own units, and the colours.
 * It runs in the page, so that everything it needs is inside.
 */
/* oxlint-disable unicorn/consistent-function-scoping -- what runs in the page has no scope but its own */
export function layoutOf(): string {
  const boxes = 'main, aside, section, dialog, taphouse-tile, .editor, .outcome, input[type=range]';
  const named = 'h1, h2, button, select, a, dt, .value, th';
  const lines: string[] = [];
  let top = -1;
  walk(document.body, 0);
  return `${lines.join('\n')}\n`;

  function walk(element: Element, depth: number): void {
    const isSlot = element instanceof HTMLSlotElement;
    if (!isSlot && !element.checkVisibility()) return;
    const line = lineOf(element);
    if (line) lines.push(`${'  '.repeat(depth)}${line}`);
    if (element.localName === 'svg') return;
    const children = isSlot ? element.assignedElements() : within(element);
    for (const child of children) walk(child, line ? depth + 1 : depth);
  }

  function within(element: Element): Element[] {
    return [...(element.shadowRoot ?? element).children];
  }

  function lineOf(element: Element): string | null {
    if (element === document.body) return `body, on ${getComputedStyle(document.documentElement).backgroundColor}`;
    const { color, backgroundColor } = getComputedStyle(element);
    if (element.localName === 'svg') return `svg ${drawn(element)}`;
    if (element.matches(boxes)) return `${nameOf(element)} ${boxOf(element)}`;
    if (!element.matches(named)) return null;
    const ground = backgroundColor === 'rgba(0, 0, 0, 0)' ? '' : ` on ${backgroundColor}`;
    return `${element.localName} "${wordsOf(element)}", ${color}${ground}`;
  }

  function nameOf(element: Element): string {
    const heading = (element as Element & { heading?: string }).heading;
    return `${element.localName}${heading ? ` "${heading}"` : ''}`;
  }

  function wordsOf(element: Element): string {
    const words = element.getAttribute('aria-label') ?? element.textContent ?? '';
    // A Mac has another key.
    return words.replace(/\s+/g, ' ').replace('⌘', 'Ctrl').trim().slice(0, 60);
  }

  /** Where it begins and how wide it is; beside the box before it, or below. */
  function boxOf(element: Element): string {
    const box = element.getBoundingClientRect();
    const beside = Math.abs(box.top - top) < 1 && element.localName === 'taphouse-tile';
    if (element.localName === 'taphouse-tile') top = box.top;
    return `at ${Math.round(box.left)}, ${Math.round(box.width)} wide${beside ? ', beside' : ''}`;
  }

  /** The shapes of a chart, in its own units. */
  function drawn(chart: Element): string {
    const shapes = [...chart.querySelectorAll('rect, path, line, circle')] as SVGGraphicsElement[];
    const texts = chart.querySelectorAll('text').length;
    const first = shapes.slice(0, 24).map((shape) => {
      const { x, y, width, height } = shape.getBBox();
      return `${shape.localName} ${[x, y, width, height].map(Math.round).join(' ')} ${getComputedStyle(shape).fill}`;
    });
    const { width } = chart.getBoundingClientRect();
    return `${Math.round(width)} wide, ${shapes.length} shapes, ${texts} texts: ${first.join('; ')}`;
  }
}
