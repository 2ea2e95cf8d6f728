import { createSign, generateKeyPairSync } from 'node:crypto';
import { expect, it } from 'vitest';
import { cognitoIdentity } from './cognito.ts';

const identityPoolId = 'eu-west-1:01234567-89ab-cdef-0123-456789abcdef';
const identityId = 'eu-west-1:11111111-2222-3333-4444-555555555555';
const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const other = generateKeyPairSync('rsa', { modulusLength: 2048 });
const jwk = { ...publicKey.export({ format: 'jwk' }), kid: 'key-1', alg: 'RS512', use: 'sig', kty: 'RSA' };
const identity = cognitoIdentity({ identityPoolId, keys: { keys: [jwk] } });
const inAMinute = Math.floor(Date.now() / 1000) + 60;

/** A token as GetOpenIdToken gives it. */
function token(claims: object = {}, key = privateKey, header: object = {}): string {
  const standard = {
    iss: 'https://cognito-identity.amazonaws.com',
    aud: identityPoolId,
    sub: identityId,
    exp: inAMinute,
  };
  const text = `${part({ kid: 'key-1', typ: 'JWS', alg: 'RS512', ...header })}.${part({ ...standard, ...claims })}`;
  return `${text}.${createSign('RSA-SHA512').update(text).sign(key, 'base64url')}`;
}

it('takes the identity of a genuine token', async () => {
  expect(await identity.verify(token())).toBe(identityId);
});

it.each([
  ['signed by another key', token({}, other.privateKey)],
  ['out of date', token({ exp: inAMinute - 120 })],
  ['of another pool', token({ aud: 'eu-west-1:other' })],
  ['of another issuer', token({ iss: 'https://evil.example' })],
  ['that claims to need no signature', token({}, privateKey, { alg: 'none' }).replace(/\.[\w-]+$/, '.')],
  ['that is none', 'x.y.z'],
  ['that is empty', ''],
])('takes no token %s', async (_, bad) => {
  expect(await identity.verify(bad)).toBeNull();
});

function part(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
