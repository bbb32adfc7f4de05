import { ownMetrics } from '../../core/metric-scope.ts';
import { metricsByTask, type TaskKind } from '../../core/task-spec.ts';

/** Metrics that a task can be judged by: built in, the usual one first, and of the host's. */
export function metricsOfTask(task: string): readonly [string, ...string[]] {
  const own = ownMetrics().filter(({ tasks }) => (tasks as readonly string[]).includes(task));
  const [usual, ...others] = metricsByTask[task as TaskKind];
  return [usual, ...others, ...own.map(({ name }) => name)];
}
