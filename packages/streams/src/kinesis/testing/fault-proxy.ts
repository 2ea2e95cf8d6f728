import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** How often what goes wrong, 0 to 1 of all requests or, for the first, of all records put. */
export interface Faults {
  /** A record is refused as over its shard's limit; the others of its request are stored. */
  throttledRecords?: number;
  /** A whole request is refused as over a limit. */
  throttledRequests?: number;
  /** A request is answered 500. */
  failedRequests?: number;
  /** The connection is cut before the request arrives. */
  cutRequests?: number;
  /** The request is done, and its answer cut. */
  lostAnswers?: number;
  /** An iterator is refused as too old. */
  expiredIterators?: number;
}

/** What passed through. */
export interface Traffic {
  requests: number;
  /** By what happened to them. */
  happened: Record<keyof Faults, number>;
  /** PutRecords that the service would refuse as a whole, with the reason; a local one takes them. */
  illegal: string[];
  /** PutRecords in which a key had two records. */
  doubledKeys: number;
  /** Records in the largest PutRecords. */
  mostRecords: number;
}

export interface FaultProxy {
  url: string;
  /** May be changed at any time. */
  faults: Faults;
  traffic: Traffic;
  stop(): Promise<void>;
}

interface PutEntry {
  PartitionKey: string;
  Data: string;
}

interface PutAnswer {
  FailedRecordCount: number;
  Records: object[];
}

/** A proxy before a Kinesis that makes the faults which a local one does not know. */
export async function startFaultProxy(target: string, faults: Faults, random: () => number): Promise<FaultProxy> {
  const traffic = emptyTraffic();
  const proxy = { url: '', faults, traffic, stop };
  const happens = (fault: keyof Faults): boolean => {
    if (random() >= (proxy.faults[fault] ?? 0)) return false;
    traffic.happened[fault] += 1;
    return true;
  };
  const server = createServer((request, response) => {
    serve(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  proxy.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return proxy;

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await textOf(request);
    const action = String(request.headers['x-amz-target']).split('.')[1];
    traffic.requests += 1;
    if (happens('cutRequests')) return void response.destroy();
    if (happens('failedRequests')) return refuse(response, 500, 'InternalFailure');
    if (happens('throttledRequests')) return refuse(response, 400, 'ProvisionedThroughputExceededException');
    if (action === 'GetRecords' && happens('expiredIterators'))
      return refuse(response, 400, 'ExpiredIteratorException');
    const answer = action === 'PutRecords' ? await putRecords(request, body) : await forward(request, body);
    if (happens('lostAnswers')) return void response.destroy();
    response.writeHead(answer.status, answer.headers).end(answer.body);
  }

  async function putRecords(request: IncomingMessage, body: string): Promise<Forwarded> {
    const input = JSON.parse(body) as { Records: PutEntry[] };
    inspect(input.Records);
    const throttled = input.Records.map(() => happens('throttledRecords'));
    const let_in = input.Records.filter((_, i) => !throttled[i]);
    const answer = await forward(request, JSON.stringify({ ...input, Records: let_in }), let_in.length > 0);
    if (answer.status !== 200) return answer;
    const stored = (JSON.parse(answer.body) as PutAnswer).Records[Symbol.iterator]();
    const Records = throttled.map((refused) => (refused ? refusedRecord : stored.next().value));
    return { ...answer, body: JSON.stringify({ FailedRecordCount: throttled.filter(Boolean).length, Records }) };
  }

  function inspect(records: readonly PutEntry[]): void {
    const sizes = records.map(
      ({ PartitionKey, Data }) => Buffer.byteLength(PartitionKey) + Buffer.byteLength(Data, 'base64'),
    );
    const bytes = sizes.reduce((sum, size) => sum + size, 0);
    if (records.length > 500) traffic.illegal.push(`${records.length} records`);
    if (bytes > 10 * 1024 ** 2) traffic.illegal.push(`${bytes} bytes`);
    if (sizes.some((size) => size > 1024 ** 2)) traffic.illegal.push(`a record of ${Math.max(...sizes)} bytes`);
    if (new Set(records.map(({ PartitionKey }) => PartitionKey)).size < records.length) traffic.doubledKeys += 1;
    traffic.mostRecords = Math.max(traffic.mostRecords, records.length);
  }

  async function forward(request: IncomingMessage, body: string, needed = true): Promise<Forwarded> {
    const type = 'application/x-amz-json-1.1';
    if (!needed) return { status: 200, headers: { 'content-type': type }, body: '{"Records":[]}' };
    const passed = ['x-amz-target', 'x-amz-date', 'authorization', 'content-type'];
    const headers = Object.fromEntries(passed.map((name) => [name, String(request.headers[name])]));
    const answer = await fetch(target, { method: 'POST', headers, body });
    return { status: answer.status, headers: { 'content-type': type }, body: await answer.text() };
  }

  async function stop(): Promise<void> {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

interface Forwarded {
  status: number;
  headers: Record<string, string>;
  body: string;
}

const refusedRecord = {
  ErrorCode: 'ProvisionedThroughputExceededException',
  ErrorMessage: 'Rate exceeded for shard shardId-000000000000 in stream clicks under account 000000000000.',
};

function refuse(response: ServerResponse, status: number, name: string): void {
  const headers = { 'content-type': 'application/x-amz-json-1.1', 'x-amzn-errortype': name };
  response.writeHead(status, headers).end(JSON.stringify({ __type: name, message: 'as asked for by the test' }));
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

function emptyTraffic(): Traffic {
  const happened = {
    throttledRecords: 0,
    throttledRequests: 0,
    failedRequests: 0,
    cutRequests: 0,
    lostAnswers: 0,
    expiredIterators: 0,
  };
  return { requests: 0, happened, illegal: [], doubledKeys: 0, mostRecords: 0 };
}
