import { expect, it } from 'vitest';
import { describeFault, kindOfFault } from './kinesis-fault.ts';

function fault(name: string, httpStatusCode?: number, message = ''): Error {
  return Object.assign(new Error(message), { name, $metadata: { httpStatusCode } });
}

it.each([
  ['throttled', fault('ProvisionedThroughputExceededException', 400)],
  ['throttled', fault('LimitExceededException', 400)],
  ['throttled', fault('anything', 429)],
  ['passing', fault('InternalFailure', 500)],
  ['passing', fault('ServiceUnavailable', 503)],
  ['passing', Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' })],
  ['passing', fault('TimeoutError')],
  ['passing', fault('SyntaxError', 200)],
  ['passing', fault('RequestTimeTooSkewed', 403)],
  ['passing', fault('InvalidSignatureException', 400, 'Signature expired: 20261123T000000Z is now earlier than')],
  ['passing', 'thrown text'],
  ['final', fault('InvalidSignatureException', 400, 'The request signature we calculated does not match')],
  ['final', fault('AccessDeniedException', 400)],
  ['final', fault('ResourceNotFoundException', 400)],
  ['final', fault('CredentialsProviderError')],
  ['final', new Error('Region is missing')],
])('is %s: %s', (kind, error) => {
  expect(kindOfFault(error)).toBe(kind);
});

it('describes a fault in one line, by the name that says most', () => {
  const refused = Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:1\nmore'), { code: 'ECONNREFUSED' });
  expect(describeFault(refused)).toBe('ECONNREFUSED: connect ECONNREFUSED 127.0.0.1:1');
  expect(describeFault(new Error('Region is missing'))).toBe('Region is missing');
  expect(describeFault(fault('LimitExceededException', 400))).toBe('LimitExceededException');
});
