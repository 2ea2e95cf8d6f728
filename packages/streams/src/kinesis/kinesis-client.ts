import { KinesisClient, type KinesisClientConfig } from '@aws-sdk/client-kinesis';
import { NodeHttpHandler } from '@smithy/node-http-handler';

export interface ConnectOptions {
  /** Name or ARN of the stream. */
  streamName: string;
  /** Address of the service, such as `http://127.0.0.1:4568`. Default: `KINESIS_ENDPOINT`, else that of the region. */
  endpoint?: string;
  /** Default: as the AWS SDK finds it (`AWS_REGION`, the profile). */
  region?: string;
  /** Default: as the AWS SDK finds them (environment, profile, role). */
  credentials?: NonNullable<KinesisClientConfig['credentials']>;
  /** Longest wait for one answer, milliseconds. Default 5,000. */
  requestTimeoutMs?: number;
}

/** A client that tries once: what to try again, and in which order, is known here better than in the SDK. */
export function connectKinesis(options: ConnectOptions): KinesisClient {
  const { credentials, endpoint = process.env.KINESIS_ENDPOINT, region, requestTimeoutMs = 5000 } = options;
  return new KinesisClient({
    ...(region !== undefined && { region }),
    ...(endpoint !== undefined && endpoint !== '' && { endpoint }),
    ...(credentials !== undefined && { credentials }),
    maxAttempts: 1,
    // HTTP/1.1: the SDK's own choice for Kinesis, HTTP/2, keeps sessions that a frozen Lambda finds dead, and no local
    // Kinesis speaks it without TLS.
    requestHandler: new NodeHttpHandler({
      connectionTimeout: Math.min(2000, requestTimeoutMs),
      requestTimeout: requestTimeoutMs,
      throwOnRequestTimeout: true,
    }),
  });
}

/** How requests name the stream. */
export function targetOf(streamName: string): { StreamARN: string } | { StreamName: string } {
  return streamName.startsWith('arn:') ? { StreamARN: streamName } : { StreamName: streamName };
}
