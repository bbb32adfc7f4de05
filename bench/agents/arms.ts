import { evaluate, type LanguageModel, type RunEvent, Trainer } from '../../src/index.ts';
import { type Fault, saboteur } from './faults.ts';
import { nothingSpent, type Spent } from './model.ts';
import type { BenchTask } from './tasks.ts';
import { verify } from './verifier.ts';

/** A0 rules alone; A1 one agent; A2 four through the hub; A3 four, and a verifier that reviews each answer. */
export const arms = ['A0', 'A1', 'A2', 'A3'] as const;
export type Arm = (typeof arms)[number];

/** What came of one run. */
export interface Result extends Spent {
  readonly arm: Arm;
  readonly task: string;
  readonly seed: number;
  /** The fault that was planted, or 'none'. */
  readonly fault: string;
  readonly status: string;
  /** By the metric that the request asks for, on rows that were drawn afterwards; undefined without a model. */
  readonly score?: number;
  readonly targetMet: boolean;
  /** The final claim names another metric than was decided, or its interval does not hold what fresh rows show. */
  readonly claimWrong: boolean;
  readonly sentBack: number;
  readonly seconds: number;
}

const freshRows = 2000;
const errors = new Set(['rmse', 'mae', 'logLoss']);
/** Greater is better. */
export const signed = (metric: string, value: number) => (errors.has(metric) ? -value : value);

/** One run of one arm. */
export async function runArm(
  arm: Arm,
  task: BenchTask,
  seed: number,
  fault: Fault | undefined,
  options: { readonly model: (spent: Spent) => LanguageModel; readonly rows: number; readonly workUnits: number },
): Promise<Result> {
  const spent = nothingSpent();
  const llm = arm === 'A0' ? undefined : options.model(spent);
  const trainer = new Trainer({
    ...(llm === undefined ? {} : { llm }),
    mode: arm === 'A1' ? 'single' : 'agents',
    agents: fault === undefined ? [] : [saboteur(fault)],
    // A reviewer is a decider, and computes here.
    deciderTimeoutMs: 600_000,
  });
  const verifier = arm === 'A3' ? verify(trainer as unknown as Trainer, llm!) : undefined;
  const started = performance.now();
  const run = trainer.run({
    ...task.request,
    data: task.rows(options.rows, seed),
    task: { target: task.target },
    budget: { workUnits: options.workUnits },
    seed,
  });
  let decided: string | undefined;
  for await (const event of run as AsyncIterable<RunEvent>)
    if (event.type === 'decision' && event.question === 'task.metric')
      decided = (event.answer as { metric: string }).metric;
  const outcome = await run.result;
  const told = {
    arm,
    task: task.name,
    seed,
    fault: fault?.name ?? 'none',
    status: outcome.status,
    sentBack: verifier?.sentBack() ?? 0,
    // The replies that were kept from another arm count as if they had been waited for.
    seconds: (performance.now() - started) / 1000,
  };
  if (outcome.status !== 'complete') return { ...told, ...spent, targetMet: false, claimWrong: false };
  const [claim] = outcome.facts.scores;
  const fresh = await evaluate(outcome.model, task.rows(freshRows, seed + 1_000_003), {
    metrics: [...new Set([task.metric, claim!.metric])] as never,
    resamples: 100,
  });
  const measured = (metric: string) => {
    const found = fresh.scores.find((one) => one.metric === metric);
    return found?.defined === true ? found.value : undefined;
  };
  await outcome.model[Symbol.asyncDispose]();
  const score = measured(task.metric);
  const claimed = measured(claim!.metric);
  return {
    ...told,
    ...spent,
    ...(score === undefined ? {} : { score }),
    targetMet: score !== undefined && signed(task.metric, score) >= signed(task.metric, task.threshold),
    claimWrong:
      claim!.metric !== (decided ?? task.metric) ||
      claimed === undefined ||
      claimed < claim!.low ||
      claimed > claim!.high,
  };
}
