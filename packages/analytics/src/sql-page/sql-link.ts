const key = 'sql';

/** The address that opens a query on the SQL page: `<page>#sql=<text>`. It is shown there, and run only when asked. */
export function sqlLink(page: string, sql: string): string {
  const url = new URL(page);
  url.hash = new URLSearchParams({ [key]: sql }).toString().replaceAll('+', '%20');
  return url.href;
}

/** The query in an address, or null. */
export function sqlInLink(hash: string): string | null {
  const sql = new URLSearchParams(hash.replace(/^#/, '').replaceAll('+', '%2B')).get(key);
  return sql?.trim() ? sql : null;
}
