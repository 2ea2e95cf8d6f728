import { ConnectError } from '../query-error.ts';
import type { AwsKeys } from './presign.ts';

/** An identity pool of Amazon Cognito, whose role may read the lake. */
export interface IdentityPool {
  /** Such as `eu-central-1:11111111-2222-3333-4444-555555555555`; the pool's region stands in front. */
  identityPoolId: string;
  /** Proof of who one is, by provider, for an authenticated role: `{ 'accounts.google.com': token }`. Default: a guest. */
  logins?: Record<string, string>;
  /** Another address than AWS's own, for tests. */
  endpoint?: string;
}

/** The region in front of the pool's id. */
export function poolRegion({ identityPoolId }: IdentityPool): string {
  const [, region] = /^([a-z]{2}(?:-[a-z]+)+-\d+):[\w-]+$/.exec(identityPoolId) ?? [];
  if (!region) {
    throw new RangeError(`identityPoolId: ${identityPoolId}; give it as the console shows it, <region>:<uuid>`);
  }
  return region;
}

/**
 * Gives temporary keys of the pool's role, new ones at each call: GetId once, then GetCredentialsForIdentity. The AWS
 * SDK comes when first asked, so that a page without S3 does not load it. Keys and identity stay in memory.
 *
 * @throws ConnectError
 */
export function cognitoKeys(pool: IdentityPool): () => Promise<AwsKeys> {
  const region = poolRegion(pool);
  const { endpoint, logins } = pool;
  let identity: Promise<string | undefined> | null = null;
  return async () => {
    const { CognitoIdentityClient, GetCredentialsForIdentityCommand, GetIdCommand } =
      await import('@aws-sdk/client-cognito-identity');
    const client = new CognitoIdentityClient({ region, ...(endpoint ? { endpoint } : {}) });
    const withLogins = logins ? { Logins: logins } : {};
    try {
      identity ??= client
        .send(new GetIdCommand({ IdentityPoolId: pool.identityPoolId, ...withLogins }))
        .then(({ IdentityId }) => IdentityId);
      const command = new GetCredentialsForIdentityCommand({ IdentityId: await identity, ...withLogins });
      const { Credentials: keys } = await client.send(command);
      if (!keys?.AccessKeyId || !keys.SecretKey) throw new TypeError('an answer without keys');
      return {
        accessKeyId: keys.AccessKeyId,
        secretAccessKey: keys.SecretKey,
        ...(keys.SessionToken ? { sessionToken: keys.SessionToken } : {}),
        ...(keys.Expiration ? { expiresAt: keys.Expiration.getTime() } : {}),
      };
    } catch (cause) {
      identity = null;
      throw new ConnectError(
        `identity pool ${pool.identityPoolId}: gave no keys (${String(cause)}); check its id, that it takes guests, and connect-src`,
        { cause },
      );
    } finally {
      client.destroy();
    }
  };
}
