/** Names and texts that outlive the page where the browser allows it. */
export interface Store {
  get: (name: string) => string | null;
  set: (name: string, text: string) => void;
  remove: (name: string) => void;
  /** Names that begin with `start`, in byte order. */
  names: (start: string) => string[];
}

/**
 * Opens localStorage under a prefix of our own. What it refuses (full, blocked, absent, or `lasting` is false)
 * is held in memory and lives as long as the page.
 */
export function openStore(prefix: string, lasting: boolean): Store {
  const memory = new Map<string, string>();
  const disk = lasting ? openDisk() : null;
  return {
    get: (name) => memory.get(name) ?? disk?.getItem(prefix + name) ?? null,
    set(name, text) {
      try {
        (disk as Storage).setItem(prefix + name, text);
        memory.delete(name);
      } catch {
        memory.set(name, text);
      }
    },
    remove(name) {
      memory.delete(name);
      disk?.removeItem(prefix + name);
    },
    names: (start) =>
      Object.keys(disk ?? {})
        .filter((key) => key.startsWith(prefix))
        .map((key) => key.slice(prefix.length))
        .concat(...memory.keys())
        .filter((name) => name.startsWith(start))
        .toSorted(),
  };
}

/** The getter throws where storage is blocked, and is null in some web views. https://crbug.com/357625 */
function openDisk(): Storage | null {
  try {
    return window.localStorage;
  } catch {
    return null;
  }
}
