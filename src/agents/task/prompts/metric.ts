import { type Prompt, told } from '../../../core/prompt.ts';
import { columnStatistics } from '../../facts/column-statistics.ts';
import type { MetricSubject } from '../stages/understand.ts';

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
};
