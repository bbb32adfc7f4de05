import { formWords } from '../../../core/helpers/model-forms.ts';
import { searchMetric } from '../../../core/search-metric.ts';
import { type MetricId, metricTitle, type TaskKind } from '../../../core/task-spec.ts';
import type { Verdict } from '../../../core/verdict.ts';
import { offerMessage, verdictMessage } from '../../../core/verdict-messages.ts';
import type { FormFact, TradeOffFact } from '../../../tools/report/report-facts.ts';
import { isGreaterBetter } from '../assess/assess.ts';
import type { Clarification } from '../understand/understanding.ts';

/** A number and where it was measured. No other number gets into an answer. */
export interface Sourced {
  readonly value: number;
  readonly source: 'vault' | 'test-data' | 'cross-validation' | 'measured' | 'counted' | 'request';
}

/** A score in an answer. */
export interface AnsweredScore {
  readonly metric: MetricId;
  readonly score: Sourced;
  /** A 95 % interval, of the same source. */
  readonly low?: number;
  readonly high?: number;
  readonly baseline?: Sourced;
  /** What was asked. */
  readonly threshold?: number;
  /** Probability that the threshold is met, from the bootstrap. */
  readonly probability?: number;
}

/** What the answer at the end of a run is made from. */
export type AnswerFacts =
  | {
      readonly status: 'complete';
      readonly task: TaskKind;
      readonly target: string;
      readonly verdict: Verdict;
      /** The first is the one that was optimised. */
      readonly scores: readonly AnsweredScore[];
      readonly trainingRows: Sourced;
      readonly testRows?: Sourced;
      readonly inputs: Sourced;
      /** What kind of model won, in words ("boosted trees"). */
      readonly model: string;
      readonly sizeBytes?: Sourced;
      readonly latencyP50Ms?: Sourced;
      readonly latencyP99Ms?: Sourced;
      readonly trials?: Sourced;
      /** Forms that were asked for, the one that is the model first. */
      readonly forms?: readonly FormFact[];
      /** Where a limit is missed: what was tried, measured; the first was kept. */
      readonly tradeOff?: readonly TradeOffFact[];
      /** Inputs by falling importance. */
      readonly important?: readonly string[];
      readonly modelPath?: string;
    }
  | { readonly status: 'declined'; readonly verdict: Verdict; readonly stoppedBy?: 'host' }
  | {
      readonly status: 'paused';
      readonly runId: string;
      readonly verdict?: Verdict;
      readonly questions?: readonly Clarification[];
      /** Why, where there is no question: a decider paused, an error code. */
      readonly reason?: string;
    };

/** The answer of a run in plain words, one sentence or short paragraph an entry. Every number is one of the facts. */
export function respond(facts: AnswerFacts): readonly string[] {
  if (facts.status === 'declined') return declined(facts);
  if (facts.status === 'paused') return paused(facts);
  return complete(facts);
}

function complete(facts: Extract<AnswerFacts, { status: 'complete' }>): readonly string[] {
  const lines: string[] = [];
  const what = { binary: 'says how likely', multiclass: 'names the class of', regression: 'gives the value of' }[
    facts.task
  ];
  lines.push(
    `The model is ready: ${facts.model} that ${what} "${facts.target}" ${facts.task === 'binary' ? 'is, ' : ''}from ${number(facts.inputs)} ${plural(facts.inputs, 'input')}, trained on ${number(facts.trainingRows)} ${plural(facts.trainingRows, 'row')}.`,
  );
  for (const score of facts.scores) lines.push(scoreLine(score, facts.testRows));
  const asked = facts.scores.filter((score) => score.threshold !== undefined);
  if (asked.length > 0) {
    const missed = asked.filter((score) => !isMet(score));
    lines.push(
      missed.length === 0
        ? 'What was asked is reached.'
        : `What was asked is not reached: ${missed.map((score) => `${metricTitle(score.metric)} of ${isGreaterBetter(score.metric) ? 'at least' : 'at most'} ${round(score.threshold!)}`).join('; ')}.`,
    );
  }
  const resources = resourceWords(facts);
  if (resources !== '') lines.push(resources);
  if (facts.forms !== undefined) lines.push(formsInWords(facts.forms));
  if (facts.trials !== undefined)
    lines.push(
      `${number(facts.trials)} ${plural(facts.trials, 'trial')} ${facts.trials.value === 1 ? 'was' : 'were'} made.`,
    );
  if (facts.important !== undefined && facts.important.length > 0)
    lines.push(`It goes mostly by ${sentenceList(facts.important.slice(0, 3).map((name) => `"${name}"`))}.`);
  // A missed target has its line above; the reason would say it twice.
  for (const reason of facts.verdict.reasons) if (reason.code !== 'TARGET_MISSED') lines.push(verdictMessage(reason));
  if (facts.verdict.offer !== undefined) lines.push(offerMessage(facts.verdict.offer));
  if (facts.tradeOff !== undefined) lines.push(...tradeOffInWords(facts.tradeOff, facts));
  if (facts.modelPath !== undefined) lines.push(`The model is in ${facts.modelPath}.`);
  return lines;
}

function scoreLine(score: AnsweredScore, testRows: Sourced | undefined): string {
  const where: Record<Sourced['source'], string> = {
    vault: `on ${testRows === undefined ? 'test rows' : `${number(testRows)} test rows`} that it had never seen`,
    'test-data': `on ${testRows === undefined ? 'the test data' : `the ${number(testRows)} rows of the test data`} handed over`,
    'cross-validation': 'by cross-validation, as there are no separate test rows',
    measured: 'as measured',
    counted: 'as counted',
    request: 'as asked',
  };
  const range =
    score.low !== undefined && score.high !== undefined
      ? ` (95 % interval ${round(score.low)} to ${round(score.high)})`
      : '';
  const baseline = score.baseline === undefined ? '' : `; without any input it would be ${number(score.baseline)}`;
  const chance =
    score.probability === undefined || score.threshold === undefined
      ? ''
      : `; the probability that it meets ${round(score.threshold)} is ${round(score.probability)}`;
  const name = metricTitle(score.metric);
  return `${name.charAt(0).toUpperCase()}${name.slice(1)} is ${number(score.score)}${range}, ${where[score.score.source]}${baseline}${chance}.`;
}

function isMet(score: AnsweredScore): boolean {
  return (
    score.threshold === undefined ||
    (isGreaterBetter(score.metric) ? score.score.value >= score.threshold : score.score.value <= score.threshold)
  );
}

function resourceWords(facts: Extract<AnswerFacts, { status: 'complete' }>): string {
  const parts: string[] = [];
  if (facts.sizeBytes !== undefined) parts.push(`the file has ${bytes(facts.sizeBytes.value)}`);
  if (facts.latencyP50Ms !== undefined)
    parts.push(
      `a prediction takes ${number(facts.latencyP50Ms)} ms${facts.latencyP99Ms === undefined ? '' : ` (99 of 100 at most ${number(facts.latencyP99Ms)} ms)`}, measured on this machine`,
    );
  if (parts.length === 0) return '';
  const line = parts.join('; ');
  return `${line.charAt(0).toUpperCase()}${line.slice(1)}.`;
}

/** Which forms there are, with the size and the loss of each; those that there are not have a reason of their own. */
function formsInWords(forms: readonly FormFact[]): string {
  const words = forms
    .filter(({ isDelivered }) => isDelivered)
    .map(({ form, isDeployed, sizeBytes, loss, maxDifference }) => {
      const parts = [
        ...(isDeployed ? ['the model that was judged'] : []),
        ...(sizeBytes === undefined ? [] : [bytes(sizeBytes)]),
        ...(loss === undefined
          ? []
          : [
              loss > 0
                ? `the validation score is ${round(loss)} worse than in float32`
                : 'nothing of the validation score is lost',
            ]),
        ...(maxDifference === undefined ? [] : [`answers differ by ${round(maxDifference)} at most`]),
      ];
      return `${formWords[form]} (${parts.join(', ')})`;
    });
  return `It comes as ${sentenceList(words)}.`;
}

/** What could be had where a limit is missed, one a line. */
function tradeOffInWords(
  tradeOff: readonly TradeOffFact[],
  { scores, task }: Pick<Extract<AnswerFacts, { status: 'complete' }>, 'scores' | 'task'>,
): readonly string[] {
  const score = scores[0] === undefined ? 'score' : metricTitle(searchMetric(scores[0].metric, task));
  return [
    'What could be had, each measured here; none of them beats another in everything:',
    ...tradeOff.map(
      ({ what, score: value, sizeBytes, latencyMs, memoryBytes }, at) =>
        `- ${what}${at === 0 ? ' (kept)' : ''}: ${score} ${round(value)} on validation data, ${bytes(sizeBytes)}, ${round(latencyMs)} ms a prediction, ${bytes(memoryBytes)} of memory.`,
    ),
  ];
}

function declined(facts: Extract<AnswerFacts, { status: 'declined' }>): readonly string[] {
  if (facts.stoppedBy === 'host')
    return ['No model was made: the host stopped the run.', ...facts.verdict.reasons.map(verdictMessage)];
  const lines = ['No model was made.', ...facts.verdict.reasons.map(verdictMessage)];
  if (facts.verdict.offer !== undefined) lines.push(offerMessage(facts.verdict.offer));
  return lines;
}

function paused(facts: Extract<AnswerFacts, { status: 'paused' }>): readonly string[] {
  const lines: string[] = [];
  for (const reason of facts.verdict?.reasons ?? []) lines.push(verdictMessage(reason));
  for (const question of facts.questions ?? []) {
    const options = question.options.slice(0, 8).map((option) => `"${option}"`);
    lines.push(
      `${question.question} Proposed: "${question.default}". Possible: ${options.join(', ')}${question.options.length > 8 ? ', …' : ''}. ${question.changes}`,
    );
  }
  if (lines.length === 0) lines.push(`The run is paused${facts.reason === undefined ? '' : `: ${facts.reason}`}.`);
  lines.push(`Resume run ${facts.runId} to go on.`);
  return lines;
}

function number(fact: Sourced): string {
  return round(fact.value);
}

function round(value: number): string {
  return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(3)));
}

function bytes(value: number): string {
  return value >= 1_000_000
    ? `${round(value / 1_000_000)} MB`
    : value >= 1000
      ? `${round(value / 1000)} kB`
      : `${round(value)} bytes`;
}

function plural(fact: Sourced, word: string): string {
  return fact.value === 1 ? word : `${word}s`;
}

function sentenceList(items: readonly string[]): string {
  return items.length < 2 ? items.join('') : `${items.slice(0, -1).join(', ')} and ${items[items.length - 1]}`;
}
