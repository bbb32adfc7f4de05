import { searchMetricOf } from '../../core/search-metric.ts';
import { type MetricId, shownScore, type TaskSpec } from '../../core/task-spec.ts';
import type { TrialInput, TrialOutput } from '../../tools/actions/trial.ts';
import type { BaselineFacts, RunFacts, ScoreFact, TrialFact, WinnerFacts } from '../../tools/report/report-facts.ts';
import { formatBytes } from '../../tools/report/wording.ts';
import type { Prepared } from '../data/prepare.ts';
import type { CandidatesMessage } from '../model/candidates.ts';
import { reliance } from '../model/columns-relied-on.ts';
import type { Compressed } from '../model/compress.ts';
import type { Decided } from '../model/decide.ts';
import type { Evaluated } from '../model/evaluate.ts';
import type { Searched } from '../model/search.ts';
import type { Records } from './records.ts';

type Messages = ReadonlyMap<string, unknown>;

/** Every trial of the search, in order. */
export function trialFacts(spec: TaskSpec | undefined, records: Records): TrialFact[] {
  if (spec === undefined) return [];
  const metric = searchMetricOf(spec);
  const trials: TrialFact[] = [];
  records.bodies.forEach((body, index) => {
    if (body.kind !== 'call' || body.at.name !== 'trial') return;
    const input = body.input as unknown as TrialInput;
    const output = body.output as unknown as TrialOutput;
    if (input.trial === undefined) return;
    const scores = output.scores?.map((score) => shownScore(metric, score)) ?? [];
    trials.push({
      index: input.trial.index,
      learner: input.learner,
      configuration: input.configuration,
      rung: input.trial.rung,
      ...(scores.length === 0 ? {} : { score: scores.reduce((a, b) => a + b, 0) / scores.length }),
      foldScores: scores,
      workUnits: output.workUnits,
      seconds: body.seconds,
      ...(output.failed === undefined ? {} : { failure: output.failed }),
      record: `#${index + 1}`,
    });
  });
  return trials.sort((a, b) => a.index - b.index);
}

/** The model that was frozen. */
export function winnerFacts(messages: Messages, spec: TaskSpec | undefined, records: Records): WinnerFacts | undefined {
  const compressed = messages.get('model.compress') as Compressed | undefined;
  const decided = messages.get('model.decide') as Decided | undefined;
  if (compressed === undefined || spec === undefined) return undefined;
  const { metric } = spec.metrics[0]!;
  const candidates = messages.get('model.candidates') as CandidatesMessage | undefined;
  const { chosen, tried } = compressed;
  const validation = decided?.scores.find((score) => score.metric === metric);
  return {
    members: chosen.members.map(({ trial, learner, weight, configuration, iterations }) => ({
      trial,
      learner,
      weight,
      configuration,
      ...(iterations === undefined ? {} : { iterations }),
    })),
    ...(candidates?.classWeight === 'balanced'
      ? {
          classWeight: {
            about:
              'Every class counted alike in the fits; probabilities are put right for it, so they are those of the data.',
            ...records.message('model.candidates'),
          },
        }
      : {}),
    ...(validation === undefined ? {} : { validationScore: validation.value }),
    ...(decided === undefined || spec.task.value === 'regression'
      ? {}
      : { calibration: { method: decided.calibration.kind } }),
    ...(decided === undefined ? {} : { decisionRule: decisionWords(decided, messages) }),
    ...(tried.length < 2
      ? {}
      : {
          compression: tried.slice(1).map((variant) => ({
            what: `${variant.what}, ${variant.id === chosen.id ? 'kept' : 'not taken'}: ${formatBytes(variant.sizeBytes)} instead of ${formatBytes(tried[0]!.sizeBytes)}`,
            lossOfScore: tried[0]!.score - variant.score,
          })),
        }),
    ...(records.message('model.compress').record === undefined
      ? {}
      : { membersRecord: records.message('model.compress').record! }),
    ...records.message('model.decide'),
  };
}

/** Classes up to which each one's weight is told; of more, those that differ from 1. */
const mostWeights = 10;

function decisionWords({ decision, interval }: Decided, messages: Messages): string {
  const { classes } = messages.get('data.prepare') as Prepared;
  if (interval !== undefined)
    return `Value with a ${Math.round(100 * interval.coverage)} % interval of ${interval.low.toPrecision(3)} to +${interval.high.toPrecision(3)} around it, from out-of-fold residuals.`;
  if (decision === undefined) return 'The predicted value as it is.';
  if (decision.kind === 'threshold')
    return `"${classes[1]}" where its probability is at least ${decision.threshold.toPrecision(3)}, else "${classes[0]}".`;
  const plain = decision.multipliers.every((multiplier) => multiplier === decision.multipliers[0]);
  if (plain) return 'The most probable class.';
  const weights = classes.flatMap((label, k) =>
    classes.length > mostWeights && decision.multipliers[k] === 1
      ? []
      : [`${label} ${decision.multipliers[k]!.toPrecision(3)}`],
  );
  const rest = weights.length < classes.length ? ', the others 1' : '';
  return `The class of the greatest probability × weight (${weights.join(', ')}${rest}).`;
}

type VaultScores = NonNullable<Evaluated['vault']>['scores'];
type FoldScores = NonNullable<Evaluated['nested']>['scores'];

function fromVault(scores: VaultScores, record: { readonly record?: string }): ScoreFact[] {
  return scores.flatMap((score): ScoreFact[] => {
    if (!score.defined) return [];
    const { metric, value, low, high, threshold, meets, probability } = score;
    return [
      {
        metric: metric as MetricId,
        value,
        low,
        high,
        ...(threshold === undefined ? {} : { threshold }),
        ...(meets === undefined ? {} : { meets }),
        ...(probability === undefined ? {} : { probability }),
        ...record,
      },
    ];
  });
}

function fromFolds(scores: FoldScores, spec: TaskSpec, record: { readonly record?: string }): ScoreFact[] {
  return scores.map(({ metric, value, low, high }) => {
    const threshold = spec.metrics.find((wish) => wish.metric === metric)?.threshold;
    return {
      metric: metric as MetricId,
      value,
      low,
      high,
      ...(threshold === undefined
        ? {}
        : { threshold, meets: shownScore(metric as MetricId, value) >= shownScore(metric as MetricId, threshold) }),
      ...record,
    };
  });
}

/** Scores of the winner and of the baseline, by the vault where there is one, else by nested cross-validation. */
export function scoreFacts(
  messages: Messages,
  spec: TaskSpec | undefined,
  records: Records,
): { readonly scores: readonly ScoreFact[]; readonly baseline?: BaselineFacts } {
  const evaluated = messages.get('model.evaluate') as Evaluated | undefined;
  const searched = messages.get('model.search') as Searched | undefined;
  if (spec === undefined || searched === undefined) return { scores: [] };
  const vaultRecord = records.call('model.evaluate', 'evaluate');
  const nestedRecord = records.call('model.evaluate', 'nested');
  const baseline: BaselineFacts = {
    learner: 'baseline',
    about:
      spec.task.value === 'regression'
        ? 'Always answers the mean of the rows to learn from.'
        : 'Always answers the shares of the classes in the rows to learn from.',
    ...(searched.baseline === undefined
      ? {}
      : { validationScore: shownScore(searchMetricOf(spec), searched.baseline.score) }),
    scores:
      evaluated?.vault !== undefined
        ? fromVault(evaluated.vault.baseline, vaultRecord)
        : evaluated?.nested !== undefined
          ? fromFolds(evaluated.nested.baseline, spec, nestedRecord)
          : [],
  };
  if (evaluated?.vault !== undefined) return { scores: fromVault(evaluated.vault.scores, vaultRecord), baseline };
  if (evaluated?.nested !== undefined)
    return { scores: fromFolds(evaluated.nested.scores, spec, nestedRecord), baseline };
  return { scores: [], baseline };
}

/** The cross-validated score, which stands beside the vault's where rows are few. */
export function crossValidationFacts(
  messages: Messages,
  spec: TaskSpec | undefined,
  records: Records,
): RunFacts['crossValidation'] {
  const decided = messages.get('model.decide') as Decided | undefined;
  const prepared = messages.get('data.prepare') as Prepared | undefined;
  if (decided === undefined || prepared === undefined || spec === undefined || prepared.rowCount >= 1000)
    return undefined;
  const score = decided.scores.find(({ metric }) => metric === spec.metrics[0]!.metric);
  if (score === undefined) return undefined;
  const { metric, ...rest } = score;
  return { metric: metric as MetricId, ...rest, ...records.call('model.decide', 'decide') };
}

/** Importance by source column. */
export function importanceFacts(messages: Messages): RunFacts['importances'] {
  const compressed = messages.get('model.compress') as Compressed | undefined;
  const prepared = messages.get('data.prepare') as Prepared | undefined;
  return compressed === undefined || prepared === undefined ? [] : reliance(compressed.chosen.members, prepared);
}

/** Learners that were tried, the baseline left out. */
export function triedLearners(messages: Messages): readonly string[] {
  return ((messages.get('model.candidates') as CandidatesMessage | undefined)?.learners ?? []).filter(
    (name) => name !== 'baseline',
  );
}
