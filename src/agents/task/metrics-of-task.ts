import { ownMetrics } from '../../core/metric-scope.ts';

const metricsOf = {
  binary: [
    'rocAuc',
    'averagePrecision',
    'logLoss',
    'brier',
    'accuracy',
    'balancedAccuracy',
    'f1',
    'precision',
    'recall',
    'specificity',
    'mcc',
  ],
  multiclass: ['rocAuc', 'logLoss', 'accuracy', 'balancedAccuracy', 'f1Macro', 'mcc'],
  regression: ['rmse', 'mae', 'medianAbsoluteError', 'mape', 'r2'],
} as const;

/** Metrics that a task can be judged by: built in, the usual one first, and of the host's. */
export function metricsOfTask(task: string): readonly [string, ...string[]] {
  const own = ownMetrics().filter(({ tasks }) => (tasks as readonly string[]).includes(task));
  return [...metricsOf[task as keyof typeof metricsOf], ...own.map(({ name }) => name)] as unknown as readonly [
    string,
    ...string[],
  ];
}
