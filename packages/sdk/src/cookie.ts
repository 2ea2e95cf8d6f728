/** All cookies, after ending one if it is named. A sandboxed frame may not ask and has none. */
export function cookie(ended?: string): string {
  try {
    if (ended) document.cookie = `${ended}=;path=/;max-age=0`;
    return document.cookie;
  } catch {
    return '';
  }
}
