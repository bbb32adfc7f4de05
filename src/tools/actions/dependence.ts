import { checkModel } from '../../onnx/check-model.ts';
import { readSignature, type SignatureInput } from '../../onnx/signature.ts';
import { collectPredictions } from '../artefact/decode-predictions.ts';
import { encodeTableForModel } from '../artefact/encode-table.ts';
import { predictionOf } from '../artefact/prediction-of.ts';
import { withValue } from '../artefact/vary-input.ts';
import { isMissing, lengthOf } from '../data/prepare/cells.ts';
import { classLabels } from '../data/prepare/encode-target.ts';
import { quantiles } from '../data/profile/order-statistics.ts';
import { sampleRows } from '../data/reduce/sample-rows.ts';
import { columnOf, takeRows } from '../data/rows.ts';
import type { Column, Table } from '../data/table.ts';
import { leastValueRows } from '../evaluate/column-parts.ts';
import { meanPrediction, quantileGrid } from '../evaluate/partial-dependence.ts';
import type { ActionContext } from './action.ts';
import type { ExplainInput } from './explain.ts';
import { affordableRows } from './importance.ts';

/** The mean prediction where one column is held at a value in every row (Friedman 2001). */
export interface PartialDependence {
  readonly column: string;
  readonly kind: 'number' | 'datetime' | 'category' | 'boolean';
  /**
   * One a value, in the order of the blob of values. `means`: of the positive class, of each class, or of the value; `rows`: how
   * many have a category or boolean.
   */
  readonly points: readonly { readonly means: readonly number[]; readonly rows?: number }[];
  /** Rows in bins of equal width from the first point to the last; those beyond are left out. Numbers and datetimes alone. */
  readonly density?: readonly number[];
}

const shownColumns = 6;
const gridPoints = 20;
const densityBins = 24;
const mostCategories = 12;

/** How the answer of the finished file depends on its first columns: the numbers, and apart from them where each is held. */
export async function dependenceOf(input: ExplainInput, table: Table, context: ActionContext) {
  const file = await context.blobs.get(input.model);
  const signature = readSignature(checkModel(file));
  const shown = input.columns
    .slice(0, shownColumns)
    .flatMap((name) => signature.inputs.find((candidate) => candidate.name === name) ?? []);
  const size = affordableRows(input.operationsPerRow, signature.inputs.length, shownColumns * gridPoints);
  const { rows } = sampleRows({
    rowCount: table.rowCount,
    size,
    strata: new Int32Array(table.rowCount),
    stratumCount: 1,
    seed: `${input.seed}/dependence`,
  });
  const tensors = encodeTableForModel(signature, takeRows(table, rows));
  const backend = await context.backend();
  await using predictor = await backend.load(file, {
    where: 'inline',
    threads: context.cores,
    ...(context.signal === undefined ? {} : { signal: context.signal }),
  });
  const dependence: PartialDependence[] = [];
  const places: (readonly (number | string)[])[] = [];
  for (const column of shown) {
    const points: PartialDependence['points'][number][] = [];
    const { grid, density } = gridOf(columnOf(table, column.name), column);
    for (const { at, count } of grid) {
      const outputs = await predictor.predict(withValue(tensors, column, at));
      const prediction = predictionOf(collectPredictions(signature, [outputs]), input.classes);
      points.push({ means: meanPrediction(prediction), ...(count === undefined ? {} : { rows: count }) });
    }
    if (points.length < 2) continue;
    dependence.push({
      column: column.name,
      kind: column.kind,
      points,
      ...(density === undefined ? {} : { density }),
    });
    places.push(grid.map(({ at, label }) => label ?? at));
  }
  return { told: { dependenceRows: rows.length, dependence }, values: { dependence: places } };
}

interface GridPoint {
  readonly at: number | string;
  /** How it is told, where that is not the value. */
  readonly label?: string;
  /** Rows that have it. */
  readonly count?: number;
}

/** Where a column is held: quantiles of its numbers, its frequent values. */
function gridOf(
  column: Column,
  { kind }: SignatureInput,
): { readonly grid: readonly GridPoint[]; readonly density?: readonly number[] } {
  const held = Uint32Array.from({ length: lengthOf(column) }, (_, row) => row).filter((row) => !isMissing(column, row));
  if (held.length === 0 || column.kind === 'text') return { grid: [] };
  if ((kind === 'number' || kind === 'datetime') && (column.kind === 'number' || column.kind === 'datetime')) {
    const values = Float64Array.from(held, (row) => column.values[row]!);
    const grid = quantileGrid((levels) => quantiles(values, levels), gridPoints);
    return { grid: grid.map((at) => ({ at })), density: densityOf(values, grid[0]!, grid.at(-1)!) };
  }
  const labelAt = classLabels(column);
  const counts = new Map<string, { count: number; row: number }>();
  for (const row of held) {
    const label = labelAt(row);
    counts.set(label, { count: (counts.get(label)?.count ?? 0) + 1, row });
  }
  const grid = [...counts]
    .filter(([, { count }]) => count >= leastValueRows)
    .sort((a, b) => b[1].count - a[1].count)
    .slice(0, mostCategories)
    .map(([label, { count, row }]) =>
      column.kind === 'boolean' ? { at: column.values[row]!, label, count } : { at: label, count },
    );
  return { grid };
}

function densityOf(values: Float64Array, low: number, high: number): readonly number[] {
  const counts = new Array<number>(densityBins).fill(0);
  for (const value of values) {
    if (value < low || value > high) continue;
    counts[Math.min(densityBins - 1, Math.floor((densityBins * (value - low)) / (high - low)))]!++;
  }
  return counts;
}
