import { accent, chartConfig, ink, line, quietInk, second, seriesColours } from './chart-theme.ts';
import { visible } from './html.ts';
import type { BaselineFacts, CurveFacts, DataFacts, RunFacts, ScoreFact, TrialFact } from './report-facts.ts';
import { formatNumber, formatSetting, isLessBetter, metricName } from './wording.ts';

const small = { width: 300, height: 260 };
const wide = { width: 620 };
/** More classes than this have a table instead of a picture. */
const maxClasses = 20;

/** The winner and the baseline on one metric, with their intervals and the target. */
export function scoreChart(score: ScoreFact, baseline: ScoreFact | undefined): object {
  const rows = [{ who: 'winner', ...pick(score) }, ...(baseline ? [{ who: 'baseline', ...pick(baseline) }] : [])];
  const ends = rows.flatMap((row) => [row.low, row.high, row.value]).concat(score.threshold ?? []);
  const x = (field: string): object => ({
    field,
    type: 'quantitative',
    scale: { domain: padded(ends), nice: false },
    title: metricName(score.metric),
  });
  const y = {
    field: 'who',
    type: 'nominal',
    sort: null,
    title: null,
    axis: { domain: false, ticks: false, labelFontSize: 12, labelColor: ink },
  };
  const colour = {
    field: 'who',
    type: 'nominal',
    scale: { domain: ['winner', 'baseline'], range: [accent, second] },
    legend: null,
  };
  return {
    config: chartConfig,
    ...wide,
    height: rows.length * 48,
    data: { values: rows },
    layer: [
      ...(score.threshold === undefined
        ? []
        : [
            {
              data: { values: [{ t: score.threshold }] },
              mark: { type: 'rule', strokeDash: [4, 3], color: quietInk },
              encoding: { x: x('t') },
            },
            {
              data: { values: [{ t: score.threshold, text: `target ${formatSetting(score.threshold)}` }] },
              mark: {
                type: 'text',
                y: -8,
                color: quietInk,
                align: isLessBetter(score.metric) ? 'left' : 'right',
                dx: isLessBetter(score.metric) ? 4 : -4,
              },
              encoding: { x: x('t'), text: { field: 'text' } },
            },
          ]),
      {
        mark: { type: 'rule', strokeWidth: 5, strokeCap: 'round', opacity: 0.32 },
        encoding: { y, x: x('low'), x2: { field: 'high' }, color: colour },
      },
      { mark: { type: 'circle', size: 110, opacity: 1 }, encoding: { y, x: x('value'), color: colour } },
      { mark: { type: 'text', dy: 15, fontWeight: 600 }, encoding: { y, x: x('value'), text: { field: 'label' } } },
    ],
  };
}

const pick = (score: ScoreFact): { value: number; low: number; high: number; label: string } => ({
  value: score.value,
  low: score.low,
  high: score.high,
  label: formatNumber(score.value),
});

/** Every trial by its number, coloured by learner, with the best so far. */
export function trialChart(trials: readonly TrialFact[], facts: RunFacts): object | undefined {
  const metric = facts.task?.metrics[0]?.metric;
  if (!metric) return undefined;
  let best: number | undefined;
  const rows = trials.flatMap((trial) => {
    if (trial.score === undefined) return [];
    if (best === undefined || (isLessBetter(metric) ? trial.score < best : trial.score > best)) best = trial.score;
    return [{ index: trial.index, score: trial.score, learner: visible(trial.learner), rung: trial.rung ?? 0, best }];
  });
  if (rows.length < 3) return undefined;
  const learners = [...new Set(rows.map((row) => row.learner))];
  const y = (field: string): object => ({
    field,
    type: 'quantitative',
    scale: { zero: false, nice: true },
    title: `${metricName(metric)} (validation)`,
  });
  const x = { field: 'index', type: 'quantitative', title: 'trial', axis: { tickMinStep: 1, grid: false } };
  return {
    config: chartConfig,
    ...wide,
    height: 200,
    data: { values: rows },
    layer: [
      { mark: { type: 'line', interpolate: 'step-after', color: line, strokeWidth: 2 }, encoding: { x, y: y('best') } },
      {
        mark: { type: 'circle', size: 60, opacity: 0.9 },
        encoding: {
          x,
          y: y('score'),
          color: {
            field: 'learner',
            type: 'nominal',
            scale: { domain: learners, range: seriesColours },
            legend: learners.length > 1 ? {} : null,
          },
        },
      },
    ],
  };
}

/** The columns that matter most, as bars. */
export function importanceChart(importances: RunFacts['importances']): object | undefined {
  const rows = importances
    .filter((item) => item.share > 0)
    .slice(0, 15)
    .map((item) => ({
      column: shortened(item.column),
      share: item.share,
      label: `${(item.share * 100).toFixed(1)} %`,
    }));
  if (rows.length === 0) return undefined;
  const y = {
    field: 'column',
    type: 'nominal',
    sort: null,
    title: null,
    axis: { domain: false, ticks: false, labelColor: ink, labelFontSize: 12 },
  };
  const x = { field: 'share', type: 'quantitative', axis: null, scale: { domain: [0, (rows[0]?.share ?? 1) * 1.12] } };
  return {
    config: chartConfig,
    width: 480,
    height: { step: 24 },
    data: { values: distinct(rows) },
    layer: [
      { mark: { type: 'bar', color: accent, height: 13 }, encoding: { x, y } },
      { mark: { type: 'text', align: 'left', dx: 6, color: quietInk }, encoding: { x, y, text: { field: 'label' } } },
    ],
  };
}

/** The classes of the target, or its histogram. */
export function targetChart(target: NonNullable<DataFacts['target']>): object | undefined {
  if (target.kind === 'classes') {
    if (target.counts.length > maxClasses) return undefined;
    const rows = distinct(
      target.counts.map((item) => ({
        column: shortened(item.label),
        count: item.count,
        label: formatNumber(item.count),
      })),
    );
    const y = {
      field: 'column',
      type: 'nominal',
      sort: null,
      title: null,
      axis: { domain: false, ticks: false, labelColor: ink, labelFontSize: 12 },
    };
    const x = {
      field: 'count',
      type: 'quantitative',
      axis: null,
      scale: { domain: [0, Math.max(1, ...rows.map((row) => row.count)) * 1.12] },
    };
    return {
      config: chartConfig,
      width: 480,
      height: { step: 24 },
      data: { values: rows },
      layer: [
        { mark: { type: 'bar', color: second, height: 13 }, encoding: { x, y } },
        { mark: { type: 'text', align: 'left', dx: 6, color: quietInk }, encoding: { x, y, text: { field: 'label' } } },
      ],
    };
  }
  const step = (target.max - target.min) / Math.max(1, target.histogram.length);
  if (!(step > 0)) return undefined;
  return {
    config: chartConfig,
    ...wide,
    height: 130,
    data: {
      values: target.histogram.map((count, i) => ({
        from: target.min + i * step,
        to: target.min + (i + 1) * step,
        zero: 0,
        count,
      })),
    },
    mark: { type: 'rect', color: second, stroke: 'var(--paper)', strokeWidth: 1.5 },
    encoding: {
      x: {
        field: 'from',
        type: 'quantitative',
        title: target.unit ? visible(target.unit) : null,
        axis: { grid: false },
      },
      x2: { field: 'to' },
      y: { field: 'zero', type: 'quantitative', title: 'rows', axis: { tickCount: 3 } },
      y2: { field: 'count' },
    },
  };
}

const curveAxes = {
  roc: ['false positive rate', 'true positive rate'],
  'precision-recall': ['recall', 'precision'],
  calibration: ['predicted probability', 'observed share'],
} as const;

/** One curve of the winner on the vault; nothing where there are too many classes to tell apart. */
export function curveChart(curve: CurveFacts): object | undefined {
  if (curve.kind === 'residuals') return residualChart(curve);
  if (curve.kind === 'confusion') return confusionChart(curve);
  if (curve.lines.length > seriesColours.length) return undefined;
  const [xTitle, yTitle] = curveAxes[curve.kind];
  const labels = curve.lines.map((item) => shortened(item.label));
  const rows = curve.lines.flatMap((item, series) =>
    item.points.map(([x, y], order) => ({ x, y, series: labels[series], order })),
  );
  const unit = { scale: { domain: [0, 1] }, axis: { values: [0, 0.25, 0.5, 0.75, 1] } };
  const encoding = {
    x: { field: 'x', type: 'quantitative', title: xTitle, ...unit },
    y: { field: 'y', type: 'quantitative', title: yTitle, ...unit },
  };
  const colour =
    labels.length > 1
      ? {
          color: {
            field: 'series',
            type: 'nominal',
            scale: { domain: labels, range: seriesColours },
            legend: { columns: 3 },
          },
        }
      : { color: { value: accent } };
  return {
    config: chartConfig,
    ...small,
    title: { roc: 'ROC', 'precision-recall': 'Precision and recall', calibration: 'Calibration' }[curve.kind],
    layer: [
      ...(curve.kind === 'precision-recall' ? [] : [diagonal(0, 1)]),
      {
        data: { values: rows },
        mark: { type: 'line', point: curve.kind === 'calibration' ? { size: 28 } : false, strokeJoin: 'round' },
        encoding: { ...encoding, ...colour, order: { field: 'order', type: 'quantitative' } },
      },
    ],
  };
}

function diagonal(from: number, to: number): object {
  return {
    data: {
      values: [
        { x: from, y: from },
        { x: to, y: to },
      ],
    },
    mark: { type: 'line', color: quietInk, strokeWidth: 1, strokeDash: [3, 4], opacity: 0.6 },
    encoding: { x: { field: 'x', type: 'quantitative' }, y: { field: 'y', type: 'quantitative' } },
  };
}

function residualChart(curve: Extract<CurveFacts, { kind: 'residuals' }>): object | undefined {
  if (curve.points.length === 0) return undefined;
  const [low, high] = padded(curve.points.flat());
  const scale = { domain: [low, high], nice: true };
  const unit = curve.unit ? ` (${visible(curve.unit)})` : '';
  return {
    config: chartConfig,
    width: 360,
    height: 320,
    title: 'Predicted against true',
    layer: [
      diagonal(low, high),
      {
        data: { values: curve.points.map(([x, y]) => ({ x, y })) },
        mark: { type: 'circle', size: 26, opacity: 0.55, color: accent },
        encoding: {
          x: { field: 'x', type: 'quantitative', title: `predicted${unit}`, scale },
          y: { field: 'y', type: 'quantitative', title: `true${unit}`, scale },
        },
      },
    ],
  };
}

function confusionChart(curve: Extract<CurveFacts, { kind: 'confusion' }>): object | undefined {
  if (curve.labels.length > maxClasses) return undefined;
  const labels = distinct(curve.labels.map((label) => ({ column: shortened(label) }))).map((item) => item.column);
  const rows = curve.counts.flatMap((row, truth) => {
    const total = row.reduce((sum, count) => sum + count, 0);
    return row.map((count, predicted) => ({
      truth: labels[truth],
      predicted: labels[predicted],
      count,
      share: total === 0 ? 0 : count / total,
    }));
  });
  const side = Math.max(32, Math.min(64, 300 / curve.labels.length));
  const axis = { domain: false, ticks: false, labelColor: ink, labelLimit: 110 };
  const encoding = {
    x: {
      field: 'predicted',
      type: 'nominal',
      sort: null,
      title: 'predicted',
      axis: { ...axis, orient: 'top', labelAngle: curve.labels.length > 4 ? -40 : 0 },
    },
    y: { field: 'truth', type: 'nominal', sort: null, title: 'true', axis },
  };
  return {
    config: chartConfig,
    width: side * curve.labels.length,
    height: side * curve.labels.length,
    title: 'Confusion',
    data: { values: rows },
    layer: [
      {
        mark: { type: 'rect', color: accent, stroke: 'var(--paper)', strokeWidth: 2, cornerRadius: 3 },
        encoding: {
          ...encoding,
          opacity: {
            field: 'share',
            type: 'quantitative',
            scale: { domain: [0, 1], range: [0.05, 0.62] },
            legend: null,
          },
        },
      },
      {
        mark: { type: 'text', fontSize: curve.labels.length > 8 ? 10 : 12 },
        encoding: { ...encoding, text: { field: 'count' } },
      },
    ],
  };
}

/** The scores of the baseline by metric. */
export function baselineScore(baseline: BaselineFacts | undefined, metric: ScoreFact['metric']): ScoreFact | undefined {
  return baseline?.scores.find((score) => score.metric === metric);
}

function padded(values: readonly number[]): [number, number] {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const value of values) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  const pad = (high - low || Math.abs(high) || 1) * 0.08;
  return [low - pad, high + pad];
}

function shortened(text: string): string {
  const shown = visible(text);
  return shown.length > 40 ? `${shown.slice(0, 39)}…` : shown;
}

/** Two names that look alike when shortened stay two rows. */
function distinct<T extends { readonly column: string }>(rows: readonly T[]): T[] {
  const seen = new Map<string, number>();
  return rows.map((row) => {
    const count = (seen.get(row.column) ?? 0) + 1;
    seen.set(row.column, count);
    return count === 1 ? row : { ...row, column: `${row.column} (${count})` };
  });
}
