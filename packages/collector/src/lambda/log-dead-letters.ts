import type { DeadLetters } from '../dead-letter.ts';

/**
 * Dead letters as lines of the function's log, for a function has no disk: JSON with `"message":"dead letter"`, which a
 * subscription filter of CloudWatch Logs can send on.
 */
export function logDeadLetters(write: (line: string) => void = console.log): DeadLetters {
  return {
    async append(letters) {
      for (const letter of letters) write(JSON.stringify({ level: 'warn', message: 'dead letter', ...letter }));
    },
  };
}
