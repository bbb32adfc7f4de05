import { distinct, maxClasses, padded, shortened } from './chart-data.ts';
import { accent, chartConfig, ink, quietInk, seriesColours } from './chart-theme.ts';
import { visible } from './html.ts';
import type { CurveFacts } from './report-facts.ts';

const small = { width: 300, height: 260 };

const curveAxes = {
  roc: ['false positive rate', 'true positive rate'],
  'precision-recall': ['recall', 'precision'],
  calibration: ['predicted probability', 'observed share'],
} as const;

/** One curve of the winner on the vault; nothing where there are too many classes to tell apart. */
export function curveChart(curve: CurveFacts): object | undefined {
  if (curve.kind === 'residuals') return residualChart(curve);
  if (curve.kind === 'residual-spread') return spreadChart(curve);
  if (curve.kind === 'confusion') return confusionChart(curve);
  if (curve.lines.length > seriesColours.length) return undefined;
  const [xTitle, yTitle] = curveAxes[curve.kind];
  const labels = curve.lines.map((item) => shortened(item.label));
  const rows = curve.lines.flatMap((item, series) =>
    item.points.map(([x, y], order) => ({ x, y, series: labels[series], order })),
  );
  const unit = { scale: { domain: [0, 1] }, axis: { values: [0, 0.2, 0.4, 0.6, 0.8, 1], format: '.1f' } };
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
  const scale = { domain: [low, high], nice: true, zero: false };
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

function spreadChart(curve: Extract<CurveFacts, { kind: 'residual-spread' }>): object | undefined {
  if (curve.bins.length < 2) return undefined;
  const unit = curve.unit ? ` (${visible(curve.unit)})` : '';
  const x = {
    field: 'predicted',
    type: 'quantitative',
    title: `predicted${unit}`,
    scale: { domain: padded(curve.bins.map(({ predicted }) => predicted)), nice: true, zero: false },
  };
  const y = (field: string): object => ({
    field,
    type: 'quantitative',
    title: `true less predicted${unit}`,
    scale: { domain: padded([0, ...curve.bins.flatMap(({ low, high }) => [low, high])]), nice: true },
  });
  return {
    config: chartConfig,
    width: 360,
    height: 320,
    title: 'Residuals',
    layer: [
      {
        data: { values: [{ zero: 0 }] },
        mark: { type: 'rule', color: quietInk, strokeDash: [3, 4], opacity: 0.6 },
        encoding: { y: y('zero') },
      },
      {
        data: { values: curve.bins },
        mark: { type: 'rule', color: accent, strokeWidth: 4, opacity: 0.35 },
        encoding: { x, y: y('low'), y2: { field: 'high' } },
      },
      {
        data: { values: curve.bins },
        mark: { type: 'circle', size: 60, opacity: 1, color: accent },
        encoding: { x, y: y('mean') },
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
  const axis = { domain: false, ticks: false, labelColor: ink, labelLimit: 110, labelOverlap: false };
  const encoding = {
    x: {
      field: 'predicted',
      type: 'nominal',
      sort: null,
      title: 'predicted',
      axis: { ...axis, orient: 'top', labelAngle: labels.some((label) => label.length * 7 > side) ? -40 : 0 },
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
