import type { ColumnDrift } from '../tools/serve/drift/drift-monitor.ts';
import { type DriftLimits, defaultDriftLimits, measureDrift } from '../tools/serve/drift/measure-drift.ts';
import type { DriftReport } from './watch-drift.ts';

/**
 * The last windows of several services as one, for those that share the traffic of a model: counts are added, and measured anew. What is
 * beyond its limit in them together is in alarm. Versions without a full window are left out.
 *
 * @param reports - `versions` of `GET /v1/drift` of each
 * @param limits - as the services have them
 */
export function mergeDrift(
  reports: readonly DriftReport[],
  limits: Partial<DriftLimits> = {},
): readonly { readonly version: string; readonly rows: number; readonly columns: readonly ColumnDrift[] }[] {
  const versions = new Map<string, NonNullable<DriftReport['window']>[]>();
  for (const { version, window } of reports)
    if (window !== null) versions.set(version, [...(versions.get(version) ?? []), window]);
  return [...versions].map(([version, windows]) => {
    const all = windows.map(({ columns, prediction }) => (prediction === null ? columns : [...columns, prediction]));
    const tests = all[0]!.reduce((sum, { kind }) => sum + (kind === 'values' ? 3 : 2), 0);
    return {
      version,
      rows: windows.reduce((sum, { rows }) => sum + rows, 0),
      columns: all[0]!.map((column, i): ColumnDrift => {
        const { kind, isDate, counts } = column;
        const { training } = counts;
        const window = training.map((_, bin) => all.reduce((sum, columns) => sum + columns[i]!.counts.window[bin]!, 0));
        const options = { limits: { ...defaultDriftLimits, ...limits }, tests, mayMove: isDate };
        const measure = measureDrift({ kind, counts: [...training] }, window, options);
        return { ...column, ...measure, alarms: measure.exceeds, counts: { training, window } };
      }),
    };
  });
}
