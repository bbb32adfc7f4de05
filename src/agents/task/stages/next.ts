import { z } from 'zod';
import { defineQuestion } from '../../../core/question.ts';
import { searchMetricOf } from '../../../core/search-metric.ts';
import { defineStage } from '../../../core/stage.ts';
import { shownScore, type TaskSpec } from '../../../core/task-spec.ts';
import type { Prepared } from '../../data/prepare.ts';
import type { Reduced } from '../../data/reduce.ts';
import type { Searched } from '../../model/search.ts';
import { type NextFacts, type NextMove, type NextStep, nextStep } from '../next/next-step.ts';
import { nextPrompt } from '../prompts/next.ts';
import { taskSpecOf } from './understand.ts';

const moves = ['go-on', 'more-budget', 'reduce-less', 'counter-offer', 'stop'] as const satisfies readonly NextMove[];

/** What the next move is chosen from: validation scores alone. */
export interface NextSubject extends NextFacts {
  /** Whether the search has anything left to try. */
  readonly canSearchOn: boolean;
}

/** The rule: a search that has ended is as one whose budget is spent, though some of it may be left. */
const ruleOf = (subject: NextSubject): NextStep =>
  nextStep(subject.canSearchOn ? subject : { ...subject, budgetLeft: 0 });

/** What is done after a measured outcome. */
export const nextQuestion = defineQuestion({
  id: 'task.next',
  about: nextPrompt.about,
  prompt: nextPrompt,
  tools: ['trials'],
  facts: (subject: NextSubject) => ({ ...subject, best: [...subject.best] }),
  answer: () => z.strictObject({ move: z.enum(moves) }),
  rule: (subject) => {
    const { move, why } = ruleOf(subject);
    if (move === 'more-budget' && !subject.canSearchOn)
      return { answer: { move: 'go-on' as const }, why: 'The search has nothing left to try.' };
    const honest = subject.canSearchOn ? why : why.replace('The budget is used up', 'The search is over');
    return { answer: { move }, why: honest };
  },
  check: ({ move }, { canSearchOn, rowsUsed, rowsThere }) => {
    if (move === 'more-budget' && !canSearchOn)
      return [{ path: 'move', message: 'Expected a move that is possible: the search has nothing left to try.' }];
    if (move === 'reduce-less' && rowsUsed >= rowsThere)
      return [{ path: 'move', message: 'Expected a move that is possible: search learns from all rows already.' }];
    return [];
  },
  language: 'unsure',
});

export const nextSchema = z.object({ move: z.enum(moves), rounds: z.number() });

export type NextMessage = z.infer<typeof nextSchema>;

/** Rounds of search beyond the first. */
const maxRounds = 3;
/** Share of the budget below which another round is not worth its start. */
const leastLeft = 0.1;

/** Decides, on validation data, whether to go on, to search more, or to stop. */
export const nextStage = defineStage<NextMessage>({
  name: 'task.next',
  agent: 'task',
  to: 'model',
  output: nextSchema,
  async run(context) {
    const spec = taskSpecOf(context);
    const [main] = spec.metrics;
    const searched = context.message<Searched>('model.search')!;
    const { rows, learnRows } = context.message<Reduced>('data.reduce')!;
    const prepared = context.message<Prepared>('data.prepare')!;
    const rounds = (context.message<NextMessage>('task.next')?.rounds ?? 0) + 1;
    const [best] = searched.ranking;
    const metric = searchMetricOf(spec);
    const shown = (score: number) => shownScore(metric, score);
    const left = context.budget.left / context.budget.workUnits;
    const canSearchOn = searched.stopped === 'plateau' && rounds < maxRounds && left > leastLeft;
    const subject: NextSubject = {
      metric,
      // What the decision rule is to meet, search can't have met.
      ...(main!.threshold === undefined || main!.metric !== metric ? {} : { threshold: main!.threshold }),
      best: searched.progress.map(shown),
      baseline: shown(searched.baseline?.score ?? best!.score),
      standardError: standardErrorOf(best!.foldScores, prepared.folds),
      budgetLeft: left,
      canEnlarge: false,
      enlarged: 0,
      rowsUsed: learnRows ?? rows,
      rowsThere: rows,
      limitsKept: true,
      canSearchOn,
    };
    const { move } = await context.ask(nextQuestion, subject);
    const isSignal = ruleOf(subject).move !== 'stop';
    // The rule stops where nothing was found; who stops in spite of a signal has reasons of their own.
    if (move === 'stop') context.decline(isSignal ? stopped : noSignal(spec, searched, shown));
    const goTo = move === 'more-budget' ? 'model.search' : move === 'reduce-less' ? 'data.reduce' : undefined;
    return {
      message: { move, rounds },
      summary: {
        'go-on': 'Go on with the best so far.',
        'more-budget': 'Search on.',
        'reduce-less': 'Learn from more rows.',
        'counter-offer': 'Go on, below what was asked.',
        stop: 'Stop.',
      }[move],
      ...(goTo === undefined ? {} : { goTo }),
    };
  },
});

const stopped = {
  kind: 'reject' as const,
  reasons: [{ code: 'STOPPED_BY_HOST' as const, evidence: { question: 'task.next' } }],
};

function noSignal(spec: TaskSpec, searched: Searched, shown: (score: number) => number) {
  return {
    kind: 'reject' as const,
    reasons: [
      {
        code: 'NO_SIGNAL' as const,
        evidence: {
          target: spec.target.value,
          metric: searchMetricOf(spec),
          value: shown(searched.ranking[0]!.score),
          baseline: shown(searched.baseline?.score ?? 0),
        },
      },
    ],
  };
}

/** Standard error of a mean of fold scores, corrected for shared learning rows (Nadeau and Bengio, 2003). */
function standardErrorOf(scores: readonly number[], folds: number): number {
  const mean = scores.reduce((a, b) => a + b, 0) / scores.length;
  const variance =
    scores.reduce((sum, score) => sum + (score - mean) * (score - mean), 0) / Math.max(1, scores.length - 1);
  return Math.sqrt(variance * (1 / scores.length + 1 / Math.max(1, folds - 1)));
}
