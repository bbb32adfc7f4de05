import type { WireCall } from './wire-server.ts';

/** What a sensible model would say to the questions that need an answer of its own. */
export function sensibleAnswer({ body }: WireCall): string {
  const asked = JSON.stringify(body);
  if (asked.includes('Which metric')) return '{"metric":"accuracy"}';
  if (asked.includes('Which learners to try')) return '{"learners":["linear"]}';
  if (asked.includes('Further configurations')) return '{"configurations":[]}';
  if (asked.includes('Which variant')) return '{"variant":"as-found"}';
  return '{"use":"single"}';
}
