/** What a page may hand to `new Worker` under `require-trusted-types-for 'script'`. */
interface ScriptPolicy {
  createScriptURL(url: string): string;
}
interface TrustedTypes {
  createPolicy(name: string, rules: ScriptPolicy): ScriptPolicy;
}

let policy: ScriptPolicy | undefined;

/**
 * The URL of a worker, as a TrustedScriptURL of the policy `taphouse` where the browser has Trusted Types.
 *
 * @throws TypeError if it is of another origin
 */
export function trustedScript(url: string): string {
  const { href, origin } = new URL(url, location.href);
  if (origin !== location.origin) {
    throw new TypeError(`worker at ${href}: of another origin; serve it from ${location.origin}`);
  }
  policy ??= (globalThis as { trustedTypes?: TrustedTypes }).trustedTypes?.createPolicy('taphouse', {
    createScriptURL: (text) => text,
  });
  return policy ? policy.createScriptURL(href) : href;
}
