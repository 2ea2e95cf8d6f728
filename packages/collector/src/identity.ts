/** Proof that a visitor is who the batch says. */
export interface Identity {
  /** The user_id that a batch's `identity` token proves, or null if it proves none. */
  verify(token: string): Promise<string | null>;
  /** Refuses events of any other user_id. Default false: they are only not marked. */
  required?: boolean;
}

/** Property that marks an event whose user_id was proven. */
export const identityProperty = 'taphouse_identity';

/**
 * Tokens that the site's own server makes for its logged-in visitors with a secret it shares with the collector:
 * `expiry.user.signature`, the user in base64url, the signature HMAC-SHA256 of `expiry.user` in base64url.
 *
 * @example
 * // on the site's server, with node:crypto
 * const claim = `${Math.floor(Date.now() / 1000) + 86_400}.${Buffer.from(userId).toString('base64url')}`;
 * const token = `${claim}.${createHmac('sha256', secret).update(claim).digest('base64url')}`;
 *
 * @param secret at least 32 characters
 * @throws RangeError if the secret is shorter
 */
export function signedIdentity(secret: string, now: () => number = Date.now): Identity {
  if (secret.length < 32) throw new RangeError(`identity secret: ${secret.length} characters, takes 32 or more`);
  const key = crypto.subtle.importKey(
    'raw',
    new TextEncoder().encode(secret),
    { name: 'HMAC', hash: 'SHA-256' },
    false,
    ['verify'],
  );
  return {
    async verify(token) {
      const parts = /^((\d{1,12})\.([\w-]{1,512}))\.([\w-]{43})$/.exec(token);
      if (!parts) return null;
      const [, claim, expiry, user, signature] = parts;
      if (Number(expiry) * 1000 < now()) return null;
      const genuine = await crypto.subtle.verify(
        'HMAC',
        await key,
        fromBase64Url(signature!),
        new TextEncoder().encode(claim),
      );
      return genuine ? new TextDecoder().decode(fromBase64Url(user!)) : null;
    },
  };
}

function fromBase64Url(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (character) => character.charCodeAt(0));
}
