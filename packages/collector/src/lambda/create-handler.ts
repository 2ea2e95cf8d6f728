import type { Hono } from 'hono';
import { handle, type LambdaContext, type LambdaEvent } from 'hono/aws-lambda';
import { type CollectorOptions, createCollector } from '../collector.ts';

/** What Lambda calls with each request. */
export type LambdaHandler = (event: LambdaEvent, context?: LambdaContext) => Promise<LambdaAnswer>;

/** What Lambda sends back; which of the fields are there depends on the event. */
export interface LambdaAnswer {
  statusCode: number;
  body: string;
  isBase64Encoded: boolean;
  headers?: Record<string, string | string[]> | undefined;
  multiValueHeaders?: Record<string, string[]> | undefined;
  cookies?: string[];
}

/**
 * A collector, or an app that mounts one, as a Lambda handler for events of Function URLs, API Gateway (REST and HTTP
 * APIs) and Application Load Balancers.
 *
 * The address of the client is the one that AWS saw; behind further proxies of yours, such as CloudFront, set
 * `trustedHops` to their number and one more, for AWS adds that address to X-Forwarded-For. A load balancer tells it
 * there only: with nothing in front, `trustedHops: 1`. Turn on multi-value headers of its target group, or an answer
 * with two cookies loses one.
 *
 * @example
 * const stream = await openKinesis({ streamName: 'clicks' });
 * export const handler = createHandler({ stream, deadLetters: logDeadLetters() });
 */
export function createHandler(appOrOptions: Hono | CollectorOptions): LambdaHandler {
  const app = 'fetch' in appOrOptions ? appOrOptions : createCollector(appOrOptions);
  const addressed = {
    fetch: (request: Request, env: LambdaEnv) => app.fetch(request, { ...env, remoteAddress: addressOf(env.event) }),
  };
  // hono/aws-lambda asks for nothing but `fetch`. It is marked as moving to a package of its own, which is not out.
  const handleEvent = handle(addressed as unknown as Hono);
  return (event, context) => handleEvent(event, context);
}

/** What hono/aws-lambda passes to the app. */
interface LambdaEnv {
  event: LambdaEvent;
}

/** Address of the other end of the connection to AWS. */
function addressOf(event: LambdaEvent): string | undefined {
  const { requestContext } = event as {
    requestContext?: { http?: { sourceIp?: string }; identity?: { sourceIp?: string } };
  };
  return requestContext?.http?.sourceIp ?? requestContext?.identity?.sourceIp;
}
