import { AsyncLocalStorage } from 'node:async_hooks';
import type { TaskKind } from './task-spec.ts';

/** What is known of a host's own metric without computing it; plain JSON, kept with the run. */
export interface MetricFacts {
  readonly name: string;
  /** Its name for people. */
  readonly title: string;
  /** One sentence for people. */
  readonly about: string;
  readonly greaterIsBetter: boolean;
  readonly tasks: readonly TaskKind[];
  readonly needs: 'labels' | 'probabilities' | 'values';
  /** `host`: given as an object, so that it is computed on the host's thread. */
  readonly where: 'child' | 'host';
}

const scope = new AsyncLocalStorage<readonly MetricFacts[]>();

/** The host's own metrics of the run that is worked on. */
export const ownMetrics = (): readonly MetricFacts[] => scope.getStore() ?? [];

/** The facts of an own metric; undefined for built-in ones. */
export const ownMetric = (name: string): MetricFacts | undefined => ownMetrics().find((metric) => metric.name === name);

/**
 * Runs `body` with a host's own metrics. A scope rather than a parameter: which direction a metric has is asked in most
 * places that a score passes through, and two runs of one process may mean different things by one name.
 */
export function withMetrics<Result>(metrics: readonly MetricFacts[], body: () => Result): Result {
  return metrics.length === 0 ? body() : scope.run(metrics, body);
}
