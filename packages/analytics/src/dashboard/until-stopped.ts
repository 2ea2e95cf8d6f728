/** What a task gives, or the signal's reason as soon as that is aborted, whatever the task still does. */
export async function untilStopped<T>(task: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const stop = (): void => reject(signal.reason);
  if (signal.aborted) stop();
  signal.addEventListener('abort', stop, { once: true });
  try {
    return await Promise.race([task, promise]);
  } finally {
    signal.removeEventListener('abort', stop);
    // Nobody waits for it any more once it was stopped.
    task.catch(() => {});
  }
}
