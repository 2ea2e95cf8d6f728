/** Most texts remembered: a site sees the same few hundred again and again. */
const maxRemembered = 1000;

/** `read` with what it gave for the last texts at hand: looking up costs a tenth of reading. */
export function remembered<T>(read: (text: string) => T): (text: string) => T {
  const known = new Map<string, T>();
  return (text) => {
    let value = known.get(text);
    if (value === undefined) {
      value = read(text);
      if (known.size >= maxRemembered) known.clear();
      known.set(text, value);
    }
    return value;
  };
}
