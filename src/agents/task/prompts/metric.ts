import { z } from 'zod';
import { type Prompt, told } from '../../../core/prompt.ts';
import { columnStatistics } from '../../facts/column-statistics.ts';
import { metricsOfTask } from '../metrics-of-task.ts';
import type { MetricSubject } from '../stages/understand.ts';
import { namedNumbers } from '../understand/named-numbers.ts';

/** What a language model is told where the request names no metric. */
export const metricPrompt: Prompt<MetricSubject> = {
  about: 'Which metric is optimised, and the value that it must reach, if one was asked.',
  facts: [
    told('prompt', { isNeeded: true }),
    told('task', { isNeeded: true }),
    told('metric'),
    told('threshold'),
    told('isDefault'),
    told('own'),
    {
      name: 'target',
      level: 'aggregates',
      value: ({ target, rowCount = 0 }) => (target === undefined ? undefined : columnStatistics(target, rowCount)),
    },
    { name: 'cells', level: 'samples', value: ({ cells }) => cells },
  ],
  // What must be reached is for the request to say: a model may find it there, and can't make it up or drop it.
  answer({ prompt, task, threshold }) {
    const metric = z.enum(metricsOfTask(task));
    if (threshold !== undefined) return z.strictObject({ metric, threshold: z.literal(threshold) });
    const named = namedNumbers(prompt);
    return named.length === 0
      ? z.strictObject({ metric })
      : z.strictObject({ metric, threshold: z.literal(named).optional() });
  },
};
