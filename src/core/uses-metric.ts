import type { Json } from './helpers/canonical-json.ts';

/** Whether the input of a call asks for one of these metrics: then it has to run where they can be computed. */
export function usesMetric(input: Json, names: readonly string[]): boolean {
  if (names.length === 0 || typeof input !== 'object' || input === null) return false;
  const { metric, metrics } = input as { readonly metric?: unknown; readonly metrics?: unknown };
  const asked = [metric, ...(Array.isArray(metrics) ? (metrics as unknown[]) : [])].map((wish) =>
    typeof wish === 'object' && wish !== null ? (wish as { readonly metric?: unknown }).metric : wish,
  );
  return asked.some((name) => names.includes(name as string));
}
