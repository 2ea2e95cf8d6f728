import type { TemplateResult } from 'lit';

/** What a route gives: drawn by `main.ts` under the app bar. */
export interface Page {
  title: string;
  body: TemplateResult;
}
