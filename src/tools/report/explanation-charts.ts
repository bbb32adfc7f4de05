import { distinct, padded, shortened } from './chart-data.ts';
import { accent, chartConfig, ink, quietInk, second, seriesColours } from './chart-theme.ts';
import type { ExplanationFacts, ImportanceFacts, LearningCurveFacts } from './explanation-facts.ts';
import { visible } from './html.ts';
import { whereWords } from './where-words.ts';
import { formatNumber, isLessBetter, metricName } from './wording.ts';

const names = { domain: false, ticks: false, labelColor: ink, labelFontSize: 12, labelLimit: 210 };

/** Columns in the picture of importance. */
export const mostBars = 15;

/** How much the score falls without each column, with the intervals. */
export function permutationChart({ columns, metric }: ImportanceFacts): object | undefined {
  if (columns.length === 0) return undefined;
  const rows = distinct(
    columns.slice(0, mostBars).map(({ column, drop, low, high }) => ({ column: shortened(column), drop, low, high })),
  );
  const domain = padded([0, ...rows.flatMap(({ low, high }) => [low, high])]);
  const x = (field: string): object => ({
    field,
    type: 'quantitative',
    title: `${isLessBetter(metric) ? 'rise' : 'fall'} of ${metricName(metric)}`,
    scale: { domain, nice: false },
    axis: { tickCount: 5 },
  });
  const y = { field: 'column', type: 'nominal', sort: null, title: null, axis: names };
  return {
    config: chartConfig,
    width: 420,
    height: { step: 26 },
    data: { values: rows },
    layer: [
      { mark: { type: 'bar', color: accent, opacity: 0.45, height: 13 }, encoding: { x: x('drop'), y } },
      { mark: { type: 'rule', color: ink, strokeWidth: 1.5 }, encoding: { x: x('low'), x2: { field: 'high' }, y } },
      { mark: { type: 'circle', color: accent, size: 50, opacity: 1 }, encoding: { x: x('drop'), y } },
    ],
  };
}

/** The mean answer by the value of one column, above the rows that have it. */
export function dependenceChart(
  column: ExplanationFacts['dependence']['columns'][number],
  classes: readonly string[],
  unit: string | undefined,
): object {
  const isRange = column.kind === 'number' || column.kind === 'datetime';
  const shown = classes.slice(0, seriesColours.length);
  const labels = distinct(shown.map((label) => ({ column: shortened(label) }))).map((item) => item.column);
  const series = labels.length === 0 ? ['prediction'] : labels;
  const means = column.points.flatMap(({ means: own }) => own.slice(0, series.length));
  const isShare = classes.length > 0;
  const [low, high] = isShare ? [0, 1] : padded(means);
  const bars = barsOf(column, low, high);
  const isWhole = column.points.every(({ at }) => Number.isInteger(at));
  const x = isRange
    ? {
        field: 'at',
        type: column.kind === 'datetime' ? 'temporal' : 'quantitative',
        title: shortened(column.column),
        scale: { zero: false, nice: false },
        axis: {
          tickCount: 5,
          grid: false,
          ...(isWhole && column.kind === 'number' ? { tickMinStep: 1, format: 'd' } : {}),
        },
      }
    : {
        field: 'at',
        type: 'nominal',
        sort: null,
        title: shortened(column.column),
        axis: { labelAngle: column.points.length > 3 ? -40 : 0, labelLimit: 90, labelOverlap: false },
      };
  const y = {
    field: 'mean',
    type: 'quantitative',
    title: isShare
      ? classes.length === 1
        ? `P(${shortened(classes[0]!)})`
        : 'probability'
      : unit
        ? visible(unit)
        : 'prediction',
    scale: { domain: [low, high], nice: false, zero: false },
    axis: { tickCount: 4 },
  };
  return {
    config: chartConfig,
    width: 250,
    height: 150,
    layer: [
      {
        data: { values: bars },
        mark: isRange ? { type: 'rect', color: second, opacity: 0.35 } : { type: 'bar', color: second, opacity: 0.35 },
        encoding: {
          x,
          ...(isRange ? { x2: { field: 'until' } } : {}),
          y: { ...y, field: 'from' },
          y2: { field: 'to' },
        },
      },
      {
        data: {
          values: column.points.flatMap(({ at, means: own }) =>
            series.map((name, i) => ({ at: label(at), mean: own[i]!, series: name })),
          ),
        },
        mark: isRange ? { type: 'line', point: false } : { type: 'circle', size: 70, opacity: 1 },
        encoding: {
          x,
          y,
          color:
            series.length > 1
              ? {
                  field: 'series',
                  type: 'nominal',
                  scale: { domain: series, range: seriesColours },
                  legend: { columns: 3 },
                }
              : { value: accent },
        },
      },
    ],
  };
}

/** How many rows lie where: the greatest takes a quarter of the height. */
function barsOf(
  { points, density }: ExplanationFacts['dependence']['columns'][number],
  low: number,
  high: number,
): readonly object[] {
  const counts = density ?? points.map(({ rows }) => rows ?? 0);
  const most = Math.max(1, ...counts);
  const height = (count: number): number => low + ((high - low) * 0.25 * count) / most;
  if (density === undefined) return points.map(({ at, rows }) => ({ at: label(at), from: low, to: height(rows ?? 0) }));
  const first = points[0]!.at as number;
  const step = ((points.at(-1)!.at as number) - first) / density.length;
  return density.map((count, i) => ({
    at: first + i * step,
    until: first + (i + 1) * step,
    from: low,
    to: height(count),
  }));
}

const label = (at: number | string): number | string => (typeof at === 'string' ? shortened(at) : at);

/** The score by the number of rows that were learned from. */
export function learningCurveChart({ points, metric }: LearningCurveFacts): object | undefined {
  if (points.length < 2) return undefined;
  const rows = points.map(({ rows: count, score }) => ({ count, score, label: formatNumber(score) }));
  const x = {
    field: 'count',
    type: 'quantitative',
    scale: { type: 'log', nice: false, domain: [rows[0]!.count * 0.8, rows.at(-1)!.count * 1.25] },
    axis: { values: rows.map(({ count }) => count), format: ',d', grid: false },
    title: 'rows that a fit learned from',
  };
  const y = {
    field: 'score',
    type: 'quantitative',
    scale: { domain: padded(rows.map(({ score }) => score)), nice: true, zero: false },
    axis: { tickCount: 5 },
    title: metricName(metric),
  };
  return {
    config: chartConfig,
    width: 420,
    height: 180,
    data: { values: rows },
    layer: [
      { mark: { type: 'line', color: accent, point: { size: 60, filled: true } }, encoding: { x, y } },
      { mark: { type: 'text', dy: -12, fontSize: 11, color: quietInk }, encoding: { x, y, text: { field: 'label' } } },
    ],
  };
}

/** The score of each group with its interval, beside the score of all. */
export function groupChart(
  { groups, metric }: ExplanationFacts['groups'][number],
  overall: number | undefined,
): object | undefined {
  const rows = distinct(
    groups.flatMap(({ where, rows: count, value, low, high }) =>
      value === undefined || low === undefined || high === undefined
        ? []
        : [{ column: shortened(`${whereWords(where)} (${formatNumber(count)})`), value, low, high }],
    ),
  );
  if (rows.length < 2) return undefined;
  const domain = padded([...rows.flatMap(({ low, high }) => [low, high]), ...(overall === undefined ? [] : [overall])]);
  const x = (field: string): object => ({
    field,
    type: 'quantitative',
    title: metricName(metric),
    scale: { domain, nice: false, zero: false },
    axis: { tickCount: 5 },
  });
  const y = { field: 'column', type: 'nominal', sort: null, title: null, axis: names };
  return {
    config: chartConfig,
    width: 380,
    height: { step: 30 },
    data: { values: rows },
    layer: [
      ...(overall === undefined
        ? []
        : [
            {
              data: { values: [{ overall }] },
              mark: { type: 'rule', strokeDash: [4, 3], color: quietInk },
              encoding: { x: x('overall') },
            },
          ]),
      {
        mark: { type: 'rule', color: accent, strokeWidth: 3, opacity: 0.5 },
        encoding: { x: x('low'), x2: { field: 'high' }, y },
      },
      { mark: { type: 'circle', color: accent, size: 70, opacity: 1 }, encoding: { x: x('value'), y } },
    ],
  };
}
