import type { LambdaEvent } from 'hono/aws-lambda';
import type { LambdaAnswer } from '../create-handler.ts';

/** Makes of a request the event that a service in front of Lambda would. */
export type ToEvent = (request: Request) => Promise<LambdaEvent>;

/** Address of the client, as the service saw it. */
export const sourceIp = '198.51.100.77';

interface Body {
  body: string | null;
  isBase64Encoded: boolean;
}

/** Function URLs and HTTP APIs (payload format 2.0). */
export const functionUrlEvent: ToEvent = async (request) => {
  const url = new URL(request.url);
  const { cookie, ...headers } = Object.fromEntries(request.headers);
  const http = { method: request.method, path: url.pathname, protocol: 'HTTP/1.1', sourceIp, userAgent: '' };
  return {
    version: '2.0',
    routeKey: '$default',
    rawPath: url.pathname,
    rawQueryString: url.search.slice(1),
    ...(cookie !== undefined && { cookies: cookie.split('; ') }),
    headers: { ...headers, host: url.host },
    requestContext: { accountId: 'anonymous', domainName: url.host, http, requestId: 'r-1', stage: '$default' },
    ...(await bodyOf(request)),
  } as unknown as LambdaEvent;
};

/** REST APIs of API Gateway (payload format 1.0). */
export const restApiEvent: ToEvent = async (request) => {
  const url = new URL(request.url);
  const headers = { ...Object.fromEntries(request.headers), host: url.host };
  return {
    version: '1.0',
    resource: '/{proxy+}',
    path: url.pathname,
    httpMethod: request.method,
    headers,
    multiValueHeaders: listed(Object.entries(headers)),
    queryStringParameters: Object.fromEntries(url.searchParams),
    multiValueQueryStringParameters: listed(url.searchParams),
    requestContext: { identity: { sourceIp, userAgent: '' }, httpMethod: request.method, stage: 'live' },
    ...(await bodyOf(request)),
  } as unknown as LambdaEvent;
};

/** Application Load Balancer whose target group has multi-value headers on. */
export const loadBalancerEvent: ToEvent = async (request) => {
  const { headers, query, ...event } = await loadBalancerParts(request);
  return { ...event, multiValueHeaders: listed(headers), multiValueQueryStringParameters: listed(query) };
};

/** Application Load Balancer as it is set up by default: of a header that comes twice, the last. */
export const singleValueEvent: ToEvent = async (request) => {
  const { headers, query, ...event } = await loadBalancerParts(request);
  return { ...event, headers: Object.fromEntries(headers), queryStringParameters: Object.fromEntries(query) };
};

async function loadBalancerParts(request: Request) {
  const url = new URL(request.url);
  const pairs = url.search.slice(1).split('&').filter(Boolean);
  const targetGroupArn = 'arn:aws:elasticloadbalancing:eu-west-1:000000000000:targetgroup/a/b';
  return {
    requestContext: { elb: { targetGroupArn } },
    httpMethod: request.method,
    path: url.pathname,
    headers: [...request.headers, ['host', url.host]] as [string, string][],
    // Passed as it is, still encoded.
    query: pairs.map((pair) => pair.split('=') as [string, string]),
    ...(await bodyOf(request)),
  };
}

/** What the client gets of what a Lambda answered. */
export function toResponse({
  body,
  cookies,
  headers,
  isBase64Encoded,
  multiValueHeaders,
  statusCode,
}: LambdaAnswer): Response {
  const all = new Headers(headers as Record<string, string> | undefined);
  for (const [name, values] of Object.entries(multiValueHeaders ?? {}))
    for (const value of values) all.append(name, value);
  for (const cookie of cookies ?? []) all.append('set-cookie', cookie);
  const bytes = Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8');
  return new Response(bytes.length === 0 ? null : bytes, { status: statusCode, headers: all });
}

/** Text goes as text; what is compressed, or is no text, as base64. */
async function bodyOf(request: Request): Promise<Body> {
  const bytes = Buffer.from(await request.arrayBuffer());
  if (bytes.length === 0) return { body: null, isBase64Encoded: false };
  const text = bytes.toString();
  const isText = request.headers.get('content-encoding') === null && Buffer.from(text).equals(bytes);
  return isText ? { body: text, isBase64Encoded: false } : { body: bytes.toString('base64'), isBase64Encoded: true };
}

function listed(pairs: Iterable<readonly [string, string]>): Record<string, string[]> {
  const lists = Map.groupBy(pairs, ([name]) => name);
  return Object.fromEntries([...lists].map(([name, of]) => [name, of.map(([, value]) => value)]));
}
