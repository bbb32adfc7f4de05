import { ownMetric } from '../../../core/metric-scope.ts';
import { isError, type TaskSpec } from '../../../core/task-spec.ts';
import { isSigned } from './metrics.ts';

type MetricWish = TaskSpec['metrics'][number];

/** The greatest value of a metric that may be asked for. */
export const mostOf = (metric: MetricWish['metric']): number =>
  isError(metric) || ownMetric(metric) !== undefined ? 1e12 : 1;
const leastOf = (metric: MetricWish['metric']): number => (metric === 'mcc' ? -1 : Number.NEGATIVE_INFINITY);

/** Without thresholds that no metric of the kind can have, such as an accuracy of 200 %: they are told as unsuited. */
export function withReachable(spec: TaskSpec): TaskSpec {
  const isReachable = ({ metric, threshold = 0 }: MetricWish) =>
    (threshold >= 0 || (isSigned(metric) && threshold >= leastOf(metric))) && threshold <= mostOf(metric);
  const beyond = spec.metrics.filter((wish) => !isReachable(wish));
  if (beyond.length === 0) return spec;
  const told = beyond.map(({ metric, quote }) => ({ code: 'METRIC_UNSUITED', quote: quote ?? metric }));
  return {
    ...spec,
    metrics: spec.metrics.map(({ threshold, ...wish }) =>
      threshold === undefined || !isReachable({ ...wish, threshold }) ? wish : { ...wish, threshold },
    ),
    unsupported: [...spec.unsupported, ...told] as TaskSpec['unsupported'],
  };
}
