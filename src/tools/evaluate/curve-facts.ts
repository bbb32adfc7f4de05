import type { Problem } from '../learn/learner.ts';
import type { CurveFacts } from '../report/report-facts.ts';
import { calibrationCurve, confusionMatrix, residualSummary, thresholdCurves } from './curves.ts';
import type { Prediction } from './metric.ts';

/** Classes that get a line of their own. */
const mostLines = 8;

/** Pictures of how a model does on rows, as points for the report. Points of residuals are means of bins, never single rows. */
export function curveFacts(
  problem: Problem,
  truth: Float64Array,
  prediction: Prediction,
  classes: readonly string[],
  unit?: string,
): CurveFacts[] {
  if (problem.task === 'regression') {
    const { byPredicted } = residualSummary(truth, prediction.values!);
    return [
      {
        kind: 'residuals',
        points: byPredicted.map((bin) => [bin.predicted, bin.truth] as const),
        ...(unit === undefined ? {} : { unit }),
      },
      {
        kind: 'residual-spread',
        bins: byPredicted.map(({ rows, predicted, truth: mean, low, high }) => ({
          predicted,
          mean: mean - predicted,
          low,
          high,
          rows,
        })),
        ...(unit === undefined ? {} : { unit }),
      },
    ];
  }
  const { classCount } = problem;
  const isBinary = classCount === 2;
  const lines = (isBinary ? [1] : Array.from({ length: Math.min(classCount, mostLines) }, (_, k) => k)).flatMap((k) => {
    const scores = isBinary
      ? prediction.probabilities!
      : prediction.probabilities!.filter((_, i) => i % classCount === k);
    const positives = Uint8Array.from(truth, (value) => (value === k ? 1 : 0));
    const curves = thresholdCurves(positives, scores);
    if (curves === undefined) return [];
    const calibration = calibrationCurve(positives, scores).bins.map((bin) => [bin.predicted, bin.observed] as const);
    return [{ label: classes[k]!, roc: curves.roc, precisionRecall: curves.precisionRecall, calibration }];
  });
  const curve = (
    kind: 'roc' | 'precision-recall' | 'calibration',
    key: 'roc' | 'precisionRecall' | 'calibration',
  ): CurveFacts => ({
    kind,
    lines: lines.map((line) => ({ label: line.label, points: line[key] })),
  });
  return [
    curve('roc', 'roc'),
    curve('precision-recall', 'precisionRecall'),
    curve('calibration', 'calibration'),
    { kind: 'confusion', labels: classes, counts: confusionMatrix(truth, prediction.labels!, classCount) },
  ];
}
