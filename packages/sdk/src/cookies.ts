/** Value of a cookie, or undefined. The getter throws in a sandboxed frame. */
export function readCookie(name: string): string | undefined {
  try {
    return new RegExp(`(?:^|; )${name}=([^;]*)`).exec(document.cookie)?.[1];
  } catch {
    return undefined;
  }
}

export function deleteCookie(name: string): void {
  try {
    document.cookie = `${name}=;path=/;max-age=0`;
  } catch {
    // A sandboxed frame has no cookies to delete.
  }
}
