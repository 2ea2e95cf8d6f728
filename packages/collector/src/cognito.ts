/**
 * Proof of identity by Amazon Cognito. Apart from the collector's entry, so that nobody else carries its dependency.
 */
import { JwtVerifier } from 'aws-jwt-verify';
import { FetchError, JwtBaseError } from 'aws-jwt-verify/error';
import type { Jwks } from 'aws-jwt-verify/jwk';
import type { Identity } from './identity.ts';

export interface CognitoOptions {
  /** Such as `eu-west-1:01234567-89ab-cdef-0123-456789abcdef`. */
  identityPoolId: string;
  /** The pool's public keys, where they can not be fetched. Default: fetched once, and again when they change. */
  keys?: Jwks;
}

/**
 * Takes the OpenID token of a Cognito identity pool (`GetOpenIdToken`) as proof: the user_id is the identity id, its `sub`.
 *
 * @example
 * createCollector({ stream, deadLetters, identity: { ...cognitoIdentity({ identityPoolId }), required: true } });
 */
export function cognitoIdentity({ identityPoolId, keys }: CognitoOptions): Identity {
  const issuer = 'https://cognito-identity.amazonaws.com';
  const jwksUri = `${issuer}/.well-known/jwks_uri`;
  const verifier = JwtVerifier.create({ issuer, audience: identityPoolId, jwksUri });
  if (keys) verifier.cacheJwks(keys);
  return {
    async verify(token) {
      try {
        return (await verifier.verify(token)).sub ?? null;
      } catch (error) {
        // Keys that can not be fetched are no fault of the token.
        if (error instanceof JwtBaseError && !(error instanceof FetchError)) return null;
        throw error;
      }
    },
  };
}
