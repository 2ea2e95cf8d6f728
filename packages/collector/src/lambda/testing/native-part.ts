/**
 * The native part of aws-lambda-ric, in JavaScript: it takes minutes and a C++ compiler to build, and does no more than
 * this. Loaded by `node --import` before the client itself.
 */
import { registerHooks } from 'node:module';

const runtimeApi = `http://${process.env.AWS_LAMBDA_RUNTIME_API}/2018-06-01/runtime/invocation`;
/** The answer on its way; the next invocation is asked for when it has arrived. */
let answering: Promise<unknown> = Promise.resolve();

export async function next(): Promise<{ bodyJson: string; headers: Record<string, string> }> {
  await answering;
  const response = await fetch(`${runtimeApi}/next`);
  return { bodyJson: await response.text(), headers: Object.fromEntries(response.headers) };
}

export function done(id: string, body: string): void {
  answering = fetch(`${runtimeApi}/${id}/response`, { method: 'POST', body });
}

export function error(id: string, body: string): void {
  answering = fetch(`${runtimeApi}/${id}/error`, { method: 'POST', body });
}

registerHooks({
  resolve: (specifier, context, nextResolve) =>
    specifier.endsWith('/rapid-client.node')
      ? { url: import.meta.url, format: 'module-typescript', shortCircuit: true }
      : nextResolve(specifier, context),
});
