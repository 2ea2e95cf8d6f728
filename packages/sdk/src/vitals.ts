/** Core Web Vitals as events, measured by the package `web-vitals`. */
import { type Metric, onCLS, onFCP, onINP, onLCP, onTTFB } from 'web-vitals';
import type { Tracker } from './tracker.ts';

/** Sends each metric once a page as `web_vital`: name, value (milliseconds; CLS has no unit) and rating. */
export function watchVitals(client: Tracker): void {
  const report = ({ name, value, rating }: Metric): void =>
    client.track('web_vital', { name, value: Math.round(value * 1000) / 1000, rating });
  for (const watch of [onCLS, onFCP, onINP, onLCP, onTTFB]) watch(report);
}
