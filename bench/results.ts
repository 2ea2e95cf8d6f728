import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const path = join(import.meta.dirname, 'RESULTS.md');
const title =
  '# Results\n\nWritten by `pnpm bench NAME`; each part by its own run. Ratios travel, absolute times do not.\n';

/** Replaces the part `## name` of RESULTS.md by `markdown`, and keeps the others. */
export function writeResults(name: string, markdown: string): void {
  const parts = new Map<string, string>();
  const text = existsSync(path) ? readFileSync(path, 'utf8') : title;
  for (const part of text.split(/^## /m).slice(1))
    parts.set(part.slice(0, part.indexOf('\n')).trim(), part.slice(part.indexOf('\n') + 1).trim());
  parts.set(name, markdown.trim());
  const body = [...parts]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([heading, content]) => `## ${heading}\n\n${content}\n`);
  writeFileSync(path, [title, ...body].join('\n'));
}
