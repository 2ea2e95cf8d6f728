/**
 * The collector on AWS Lambda, behind a Function URL, API Gateway or an Application Load Balancer: the same app as on
 * Node. It answers when its `append` has resolved: a Lambda is frozen after its answer, and would take along what it
 * had put off.
 */
export { createHandler, type LambdaHandler } from './create-handler.ts';
export { logDeadLetters } from './log-dead-letters.ts';
