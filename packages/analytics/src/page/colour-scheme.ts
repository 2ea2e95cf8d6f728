/** What the visitor chose; `auto` follows the system. */
export type ColourScheme = 'auto' | 'light' | 'dark';

const key = 'taphouse-theme';
const schemes: readonly ColourScheme[] = ['auto', 'light', 'dark'];

/** The choice kept in this browser; `auto` where there is none or storage is refused. */
export function keptScheme(): ColourScheme {
  try {
    const kept = localStorage.getItem(key);
    return schemes.find((scheme) => scheme === kept) ?? 'auto';
  } catch {
    return 'auto';
  }
}

/** Applies a choice to the page, and keeps it where storage allows. */
export function chooseScheme(scheme: ColourScheme): void {
  document.documentElement.style.colorScheme = scheme === 'auto' ? '' : scheme;
  try {
    localStorage.setItem(key, scheme);
  } catch {
    // Storage is refused in some private windows: the choice then lasts as long as the page.
  }
}

/** The choice after this one, for a button that goes round. */
export function nextScheme(scheme: ColourScheme): ColourScheme {
  return schemes[(schemes.indexOf(scheme) + 1) % schemes.length] ?? 'auto';
}
