import { searchMetricOf } from '../../core/search-metric.ts';
import { distinct, maxClasses, padded, shortened } from './chart-data.ts';
import { accent, chartConfig, ink, line, quietInk, second, seriesColours } from './chart-theme.ts';
import { visible } from './html.ts';
import type { BaselineFacts, DataFacts, RunFacts, ScoreFact, TrialFact } from './report-facts.ts';
import { formatNumber, formatSetting, isLessBetter, metricName } from './wording.ts';

const wide = { width: 620 };

/** The winner and the baseline on one metric, with their intervals and the target. */
export function scoreChart(score: ScoreFact, baseline: ScoreFact | undefined): object {
  const rows = [{ who: 'winner', ...pick(score) }, ...(baseline ? [{ who: 'baseline', ...pick(baseline) }] : [])];
  const ends = rows.flatMap((row) => [row.low, row.high, row.value]).concat(score.threshold ?? []);
  const x = (field: string): object => ({
    field,
    type: 'quantitative',
    scale: { domain: metricDomain(score.metric, ends), nice: false },
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
    width: 440,
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

/** Room at both ends, but not beyond what a metric can be. */
function metricDomain(metric: ScoreFact['metric'], values: readonly number[]): readonly [number, number] {
  const [low, high] = padded(values);
  return isLessBetter(metric) ? [Math.max(0, low), high] : [low, Math.max(...values) <= 1 ? Math.min(1, high) : high];
}

const pick = (score: ScoreFact): { value: number; low: number; high: number; label: string } => ({
  value: score.value,
  low: score.low,
  high: score.high,
  label: formatNumber(score.value),
});

/** Every trial by its number, coloured by learner, with the best so far. */
export function trialChart(trials: readonly TrialFact[], facts: RunFacts): object | undefined {
  if (facts.task === undefined) return undefined;
  const metric = searchMetricOf(facts.task);
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
    title: metricName(metric),
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
  const step = (target.high - target.low) / Math.max(1, target.histogram.length);
  if (!(step > 0)) return undefined;
  return {
    config: chartConfig,
    ...wide,
    height: 130,
    data: {
      values: target.histogram.map((count, i) => ({
        from: target.low + i * step,
        to: target.low + (i + 1) * step,
        zero: 0,
        count,
      })),
    },
    mark: { type: 'rect', color: second, stroke: 'var(--paper)', strokeWidth: 1.5 },
    encoding: {
      x: {
        field: 'from',
        type: 'quantitative',
        scale: { zero: false, nice: false },
        title: target.unit ? visible(target.unit) : null,
        axis: { grid: false },
      },
      x2: { field: 'to' },
      y: { field: 'zero', type: 'quantitative', title: 'rows', axis: { tickCount: 3 } },
      y2: { field: 'count' },
    },
  };
}

/** The scores of the baseline by metric. */
export function baselineScore(baseline: BaselineFacts | undefined, metric: ScoreFact['metric']): ScoreFact | undefined {
  return baseline?.scores.find((score) => score.metric === metric);
}
