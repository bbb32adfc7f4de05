import type { ResourceFacts } from './report-facts.ts';
import { formatBytes, formatMilliseconds, formatSeconds } from './wording.ts';

/** What one resource was forecast to be before training and before deployment, and measured to be; absent where nobody said. */
export interface ForecastRow {
  readonly name: string;
  readonly values: readonly [before: string | undefined, predicted: string | undefined, measured: string | undefined];
}

/** Forecasts and measurements side by side. */
export function forecastRows(resources: ResourceFacts): readonly ForecastRow[] {
  const { before, predicted } = resources;
  const shown = (value: number | undefined, format: (value: number) => string): string | undefined =>
    value === undefined ? undefined : format(value);
  const rows: readonly ForecastRow[] = [
    {
      name: 'time to train',
      values: [shown(before?.trainSeconds, formatSeconds), undefined, shown(resources.trainSeconds, formatSeconds)],
    },
    {
      name: 'memory while training, at most',
      values: [shown(before?.peakBytes, formatBytes), undefined, shown(resources.peakBytes, formatBytes)],
    },
    {
      name: 'model file',
      values: [
        shown(before?.learner?.sizeBytes, formatBytes),
        shown(predicted?.sizeBytes, formatBytes),
        formatBytes(resources.sizeBytes),
      ],
    },
    {
      name: 'memory of a process that serves it',
      values: [
        shown(before?.learner?.memoryBytes, formatBytes),
        shown(predicted?.memoryBytes, formatBytes),
        shown(resources.memoryBytes, formatBytes),
      ],
    },
    {
      name: 'one prediction',
      values: [
        shown(before?.learner?.latencyMs, formatMilliseconds),
        shown(predicted?.latencyMs, formatMilliseconds),
        shown(resources.latencyMs?.p50, formatMilliseconds),
      ],
    },
    {
      name: resources.batchRecords === undefined ? 'a batch' : `a batch of ${resources.batchRecords}`,
      values: [
        shown(before?.learner?.batchMs, formatMilliseconds),
        shown(predicted?.batchMs, formatMilliseconds),
        shown(resources.batchMs?.p50, formatMilliseconds),
      ],
    },
  ];
  return rows.filter(({ values }) => values.filter((value) => value !== undefined).length > 1);
}
