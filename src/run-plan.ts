import { backendSentence } from './agents/model/training-backend.ts';
import { finalVerdict } from './agents/task/stages/final-verdict.ts';
import type { Forecast } from './agents/task/stages/forecast.ts';
import type { Planned } from './agents/task/stages/plan.ts';
import type { Understood } from './agents/task/stages/understand.ts';
import type { OpenQuestion } from './core/halt.ts';
import type { PipelineEnd } from './core/pipeline.ts';
import { isError, metricTitle, type TaskSpec } from './core/task-spec.ts';
import type { Verdict } from './core/verdict.ts';
import { offerMessage, verdictMessage } from './core/verdict-messages.ts';

/** What a run of a request would do and cost. Nothing was trained, and no test row was looked at. */
export interface RunPlan {
  /** `planned`: it would be tried. `declined`: it would end at once. `paused`: it would wait for an answer. */
  readonly status: 'planned' | 'declined' | 'paused';
  readonly verdict: Verdict;
  /** Absent where the request could not be understood. */
  readonly task?: TaskSpec;
  /** Steps in order, each with its reason; `planned` alone. */
  readonly steps: readonly PlannedStep[];
  /** What they would cost, each as a range; `planned` alone. */
  readonly cost?: Forecast;
  /** What a run would wait for. */
  readonly questions: readonly OpenQuestion[];
  /** All of it in plain words, for a terminal or a log. */
  readonly text: string;
}

/** A step of a plan: who takes it, with which numbers, and why. */
export interface PlannedStep {
  readonly agent: string;
  readonly step: string;
  readonly why: string;
  readonly settings: Readonly<Record<string, string | number | boolean>>;
}

/** The plan from the messages of the steps up to it. */
export function describePlan({ messages, halt }: PipelineEnd): RunPlan {
  const task = (messages.get('task.understand') as Understood | undefined)?.spec;
  const planned = messages.get('task.plan') as Planned | undefined;
  const cost = messages.get('task.forecast') as Forecast | undefined;
  const verdict =
    halt?.status === 'declined' ? halt.verdict : finalVerdict(messages, halt === undefined ? undefined : halt.reason);
  const plan = {
    status: halt?.status ?? 'planned',
    verdict,
    ...(task === undefined ? {} : { task }),
    steps: (planned?.plan.steps ?? []).map(({ agent, step, why, ...settings }) => ({ agent, step, why, settings })),
    ...(cost === undefined ? {} : { cost }),
    questions: halt?.status === 'paused' ? halt.questions : [],
  } as const;
  return { ...plan, text: planText(plan) };
}

function planText({ verdict, task, steps, cost, questions }: Omit<RunPlan, 'text'>): string {
  const lines: string[] = [];
  if (task !== undefined) {
    const wishes = task.metrics.map(({ metric, threshold }) =>
      threshold === undefined
        ? metricTitle(metric)
        : `${metricTitle(metric)} ${isError(metric) ? 'of at most' : 'of at least'} ${threshold}`,
    );
    lines.push(`Predict "${task.target.value}" (${task.task.value}), judged by ${wishes.join(', ')}.`);
  }
  lines.push(`Verdict: ${verdict.kind}.`, ...verdict.reasons.map((reason) => `  - ${verdictMessage(reason)}`));
  if (verdict.offer !== undefined) lines.push(`  ${offerMessage(verdict.offer)}`);
  for (const { question, changes } of questions) lines.push(`Question "${question}": ${changes}`);
  if (steps.length > 0) lines.push('Steps:');
  steps.forEach(({ step, why, settings }, i) => {
    const set = Object.entries(settings).map(([name, value]) => `${name} ${value}`);
    lines.push(`  ${i + 1}. ${step}${set.length === 0 ? '' : ` (${set.join(', ')})`}: ${why}`);
  });
  if (cost !== undefined) {
    const range = (low: number, high: number) => (low === high ? `${low}` : `${low} to ${high}`);
    const round = (value: number) => Number(value.toPrecision(2));
    const megabytes = (bytes: number) => round(bytes / 1e6);
    lines.push(
      'Cost on this machine:',
      `  rows      ${cost.rows.train} to learn from, ${cost.rows.vault} kept apart`,
      `  trials    ${range(cost.trials.least, cost.trials.most)}`,
      `  work      ${range(round(cost.workUnits.least), round(cost.workUnits.most))} units of at most ${cost.workUnits.budget} for the search`,
      `  time      ${range(round(cost.seconds.least), round(cost.seconds.most))} seconds`,
      `  memory    ${range(megabytes(cost.memoryBytes.least), megabytes(cost.memoryBytes.most))} MB`,
    );
    if (cost.backend !== undefined) lines.push(backendSentence(cost.backend));
  }
  return `${lines.join('\n')}\n`;
}
