/**
 * Straight to Kinesis, for a site with no collector: guest credentials of a Cognito identity pool, records as the
 * collector would write them. The queue, its retries and its promises stay the SDK's.
 */
import {
  CognitoIdentityClient,
  GetCredentialsForIdentityCommand,
  GetIdCommand,
} from '@aws-sdk/client-cognito-identity';
import { KinesisClient, PutRecordsCommand } from '@aws-sdk/client-kinesis';
import { Sha256Js } from '@smithy/core/checksum';
import { type ClickEvent, encodeEvents, type ParsedBatch, parseBatch, partitionKey } from '@taphouse/schema';
import type { Options } from './options.ts';

export interface CognitoKinesisOptions {
  region: string;
  /** Pool whose guest role may `kinesis:PutRecords` on the stream and nothing else. */
  identityPoolId: string;
  streamName: string;
  /** Other endpoints than AWS's own, for tests. */
  endpoints?: { cognito: string; kinesis: string };
}

/**
 * A `send` that puts batches into a Kinesis stream: one record a visitor and batch, as JSON lines.
 *
 * @example
 * init({ send: cognitoKinesis({ region: 'eu-west-1', identityPoolId: 'eu-west-1:…', streamName: 'clicks' }) });
 */
export function cognitoKinesis(options: CognitoKinesisOptions): NonNullable<Options['send']> {
  const { region, streamName, endpoints } = options;
  const endpoint = endpoints && { endpoint: endpoints.kinesis };
  const kinesis = new KinesisClient({
    region,
    maxAttempts: 1,
    credentials: guest(options),
    requestHandler: { requestInit: outliving },
    // In a page that is being left only promises go on: WebCrypto's would answer too late to sign the last batch.
    sha256: Sha256Js,
    ...endpoint,
  });
  return async (_, { body, signal }) => {
    const context = { receivedAt: Date.now(), ip: null, userAgent: navigator.userAgent.slice(0, 512) };
    const batch = parseBatch(body, { ...context, newEventId: () => crypto.randomUUID() });
    if (batch.accepted.length > 0) {
      const records = recordsOf(batch.accepted);
      const command = new PutRecordsCommand({ StreamName: streamName, Records: records });
      const { FailedRecordCount } = await kinesis.send(command, { abortSignal: signal });
      // Those that were put come again with the others, and their event_id tells.
      if (FailedRecordCount) return new Response(null, { status: 503 });
    }
    return answer(batch);
  };
}

/** The browser goes on with it after the page has gone, unless it is more than all such requests may hold. */
const outliving = ({ body }: { body?: string }): RequestInit => ({ keepalive: (body?.length ?? 0) < 60_000 });

/** What the collector would answer. */
function answer({ accepted, rejected }: ParsedBatch): Response {
  if (rejected.length === 0) return new Response(null, { status: 204 });
  const refusals = rejected.map(({ index, reason }) => ({ index, reason }));
  return Response.json({ accepted: accepted.length, rejected: refusals }, { status: accepted.length > 0 ? 200 : 400 });
}

function recordsOf(events: readonly ClickEvent[]): { PartitionKey: string; Data: Uint8Array }[] {
  const groups = Map.groupBy(events, ({ user_id, device_id }) => partitionKey(user_id, device_id));
  return [...groups].map(([key, group]) => ({
    PartitionKey: key,
    Data: new TextEncoder().encode(encodeEvents(group.map((event) => ({ ...event, device_type: kindOf(event) })))),
  }));
}

function kindOf({ device_type, user_agent }: ClickEvent): ClickEvent['device_type'] {
  const agent = user_agent ?? '';
  if (device_type) return device_type;
  if (/iPad|Tablet|Android(?!.*Mobile)/.test(agent)) return 'tablet';
  return /Mobi/.test(agent) ? 'mobile' : 'computer';
}

type Credentials = { accessKeyId: string; secretAccessKey: string; sessionToken: string; expiration: Date };

/** Guest credentials; the client asks again when they expire. */
function guest({ region, identityPoolId, endpoints }: CognitoKinesisOptions): () => Promise<Credentials> {
  // Guests have no credentials to sign with.
  const anonymous = { signer: { sign: async <Request>(request: Request) => request } };
  const endpoint = endpoints && { endpoint: endpoints.cognito };
  const cognito = new CognitoIdentityClient({ region, ...anonymous, ...endpoint });
  let identity: Promise<string | undefined> | undefined;
  return async () => {
    identity ??= cognito
      .send(new GetIdCommand({ IdentityPoolId: identityPoolId }))
      .then(({ IdentityId }) => IdentityId);
    const IdentityId = await identity.catch((error: unknown) => {
      identity = undefined;
      throw error;
    });
    const { Credentials } = await cognito.send(new GetCredentialsForIdentityCommand({ IdentityId }));
    const { AccessKeyId = '', SecretKey = '', SessionToken = '', Expiration = new Date() } = Credentials ?? {};
    return { accessKeyId: AccessKeyId, secretAccessKey: SecretKey, sessionToken: SessionToken, expiration: Expiration };
  };
}
