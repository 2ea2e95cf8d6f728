import type { SqlTab } from './kept.ts';

/** The queries at hand, one at least, and the id of the one that is seen. */
export interface OpenTabs {
  tabs: readonly SqlTab[];
  active: string;
}

/** The tabs of the last visit, or one with this text. */
export function firstTabs(kept: OpenTabs | null, sql: string): OpenTabs {
  const tabs = kept?.tabs ?? [newTab(sql)];
  return { tabs, active: tabs.find(({ id }) => id === kept?.active)?.id ?? tabs[0]?.id ?? '' };
}

/** The tab that is seen. */
export function tabAtHand({ tabs, active }: OpenTabs): SqlTab {
  const [first] = tabs;
  const tab = tabs.find(({ id }) => id === active) ?? first;
  if (!tab) throw new RangeError('tabs: none; expected one at least');
  return tab;
}

/** The tab that is seen has another text or name. */
export function changed({ tabs, active }: OpenTabs, change: Partial<Pick<SqlTab, 'name' | 'sql'>>): OpenTabs {
  return { tabs: tabs.map((tab) => (tab.id === active ? { ...tab, ...change } : tab)), active };
}

/** Opens a text: in the tab that has it, in the one at hand if that is empty, else in a new one. */
export function opened(open: OpenTabs, sql: string, name: string | null = null): OpenTabs {
  const known = open.tabs.find((tab) => tab.sql.trim() === sql.trim());
  if (known) return { ...open, active: known.id };
  return tabAtHand(open).sql.trim() ? added(open, sql, name) : changed(open, { name, sql });
}

/** One tab more, which is then seen. */
export function added({ tabs }: OpenTabs, sql = '', name: string | null = null): OpenTabs {
  const tab = newTab(sql, name);
  return { tabs: [...tabs, tab], active: tab.id };
}

/** One tab less; after the last one an empty one stands in its place. */
export function closed({ tabs, active }: OpenTabs, id: string): OpenTabs {
  const index = tabs.findIndex((tab) => tab.id === id);
  const rest = tabs.filter((tab) => tab.id !== id);
  if (rest.length === 0) rest.push(newTab(''));
  const next = id === active ? rest[Math.min(index, rest.length - 1)]?.id : active;
  return { tabs: rest, active: next ?? '' };
}

function newTab(sql: string, name: string | null = null): SqlTab {
  return { id: crypto.getRandomValues(new Uint32Array(2)).join('-'), name, sql };
}
