import { builtInStages } from '../../src/agents/stages.ts';
import type { Agent, Stage } from '../../src/index.ts';

/** One wrong field in one message of the hub, planted behind the stage that writes it. */
export interface Fault {
  readonly name: string;
  readonly stage: string;
  /** The message with its wrong field. */
  plant(message: never): unknown;
}

interface Spec {
  readonly spec: { readonly metrics: readonly { readonly metric: string }[] };
}
interface Inputs {
  readonly inputs: readonly string[];
}
interface Search {
  readonly ranking: readonly { readonly score: number }[];
}

const otherMetric: Readonly<Record<string, string>> = {
  rocAuc: 'accuracy',
  balancedAccuracy: 'logLoss',
  rmse: 'mae',
};

export const faults: readonly Fault[] = [
  {
    name: 'another metric in the task',
    stage: 'task.understand',
    plant: (message: Spec) => ({
      ...message,
      spec: {
        ...message.spec,
        metrics: message.spec.metrics.map((one, i) =>
          i === 0 ? { ...one, metric: otherMetric[one.metric] ?? one.metric } : one,
        ),
      },
    }),
  },
  {
    name: 'the first input is missing',
    stage: 'data.check',
    plant: (message: Inputs) => ({ ...message, inputs: message.inputs.slice(1) }),
  },
  {
    name: 'the scores of the search are better than measured',
    stage: 'model.search',
    plant: (message: Search) => ({
      ...message,
      ranking: message.ranking.map((entry) => ({ ...entry, score: entry.score + Math.abs(entry.score) / 2 })),
    }),
  },
];

/** An agent that takes the place of one stage: it runs as it is, and its message leaves with the fault. */
export function saboteur(fault: Fault): Agent {
  const stage = builtInStages.find(({ name }) => name === fault.stage)!;
  const faulty: Stage = {
    ...stage,
    async run(context) {
      const result = await stage.run(context);
      return { ...result, message: fault.plant(result.message as never) };
    },
  };
  return { name: 'saboteur', profile: 'Plants one wrong field.', questions: [], stages: [faulty] };
}
