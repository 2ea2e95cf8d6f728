import {
  DescribeStreamSummaryCommand,
  GetRecordsCommand,
  GetShardIteratorCommand,
  type KinesisClient,
  ListShardsCommand,
  PutRecordsCommand,
  type StreamDescriptionSummary,
} from '@aws-sdk/client-kinesis';
import { maxRecordBytes } from '../check-records.ts';
import { type ConnectOptions, connectKinesis, targetOf } from './kinesis-client.ts';
import { describeFault, isRegionMissing, nameOfFault } from './kinesis-fault.ts';
import { refusalOf } from './open-kinesis.ts';

/** One thing that was looked at. */
export interface Finding {
  level: 'ok' | 'warning' | 'fault';
  /** One line: subject, what is, and for a fault what to do. */
  line: string;
}

/**
 * Looks whether a stream can be used: that it is there and active, keeps the order of a key, and may be written and
 * read. Writes nothing; a local Kinesis that does not know DryRun gets one empty record.
 */
export async function checkKinesis(options: ConnectOptions): Promise<readonly Finding[]> {
  const client = connectKinesis(options);
  try {
    const found = await checkStream(client, options.streamName);
    if (found.some(({ level }) => level === 'fault')) return found;
    return [
      ...found,
      await checkWriting(client, options.streamName),
      ...(await checkReading(client, options.streamName)),
    ];
  } finally {
    client.destroy();
  }
}

async function checkStream(client: KinesisClient, streamName: string): Promise<Finding[]> {
  try {
    const answer = await client.send(new DescribeStreamSummaryCommand(targetOf(streamName)));
    return judge(answer.StreamDescriptionSummary!, streamName);
  } catch (error) {
    return [asFinding(error, streamName, 'kinesis:DescribeStreamSummary')];
  }
}

function judge(summary: StreamDescriptionSummary, streamName: string): Finding[] {
  const { OpenShardCount, RetentionPeriodHours = 24, StreamModeDetails, StreamStatus } = summary;
  const refusal = refusalOf(summary, streamName);
  if (refusal !== null) return [{ level: 'fault', line: refusal }];
  if (StreamStatus === 'CREATING')
    return [{ level: 'fault', line: `stream ${streamName}: still being made; try again in a minute` }];
  const mode = StreamModeDetails?.StreamMode === 'ON_DEMAND' ? 'on demand' : 'provisioned';
  const findings: Finding[] = [
    {
      level: 'ok',
      line: `stream ${streamName}: ${StreamStatus?.toLowerCase()}, ${mode}, ${OpenShardCount} open shards`,
    },
    {
      level: 'ok',
      line: `stream ${streamName}: keeps records ${RetentionPeriodHours} h; an engine that is down for longer loses events`,
    },
  ];
  const maxBytes = (summary.MaxRecordSizeInKiB ?? 1024) * 1024;
  if (maxBytes < maxRecordBytes)
    findings.push({
      level: 'warning',
      line: `stream ${streamName}: takes records up to ${maxBytes} bytes, batches may have ${maxRecordBytes}; raise its maximum record size to 1024 KiB`,
    });
  return findings;
}

async function checkWriting(client: KinesisClient, streamName: string): Promise<Finding> {
  const ok: Finding = { level: 'ok', line: `stream ${streamName}: may be written` };
  try {
    const Records = [{ PartitionKey: 'taphouse-doctor', Data: new Uint8Array(0) }];
    await client.send(new PutRecordsCommand({ ...targetOf(streamName), Records, DryRun: true }));
    return ok;
  } catch (error) {
    // How a dry run says that the real one would have worked.
    if (nameOfFault(error) === 'DryRunOperationException') return ok;
    return asFinding(error, streamName, 'kinesis:PutRecords');
  }
}

/** The engine needs all three; a collector alone needs none, so that what is missing is a warning. */
async function checkReading(client: KinesisClient, streamName: string): Promise<Finding[]> {
  let action = 'kinesis:ListShards';
  try {
    const { Shards } = await client.send(new ListShardsCommand(targetOf(streamName)));
    action = 'kinesis:GetShardIterator';
    const first = { ShardId: Shards![0]!.ShardId!, ShardIteratorType: 'LATEST' } as const;
    const { ShardIterator } = await client.send(new GetShardIteratorCommand({ ...targetOf(streamName), ...first }));
    action = 'kinesis:GetRecords';
    await client.send(new GetRecordsCommand({ ShardIterator: ShardIterator!, Limit: 1 }));
    return [{ level: 'ok', line: `stream ${streamName}: may be read` }];
  } catch (error) {
    const finding = asFinding(error, streamName, action);
    return [nameOfFault(error) === 'AccessDeniedException' ? { ...finding, level: 'warning' } : finding];
  }
}

function asFinding(error: unknown, streamName: string, action: string): Finding {
  return { level: 'fault', line: `stream ${streamName}: ${describeFault(error)}; ${remedyFor(error, action)}` };
}

function remedyFor(error: unknown, action: string): string {
  switch (nameOfFault(error)) {
    case 'AccessDeniedException':
      return `allow ${action} to this role`;
    case 'ResourceNotFoundException':
      return 'make it, or set the region it is in';
    case 'CredentialsProviderError':
      return 'set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY';
    case 'UnrecognizedClientException':
    case 'InvalidSignatureException':
      return 'use keys of the right account';
    case 'ProvisionedThroughputExceededException':
    case 'LimitExceededException':
      return 'try again in a second';
    case 'ECONNREFUSED':
    case 'ENOTFOUND':
    case 'TimeoutError':
      return 'check KINESIS_ENDPOINT, the region and the network';
    default:
      if (error instanceof Error && isRegionMissing(error.message)) return 'set AWS_REGION';
      return `check ${action} and the region`;
  }
}
