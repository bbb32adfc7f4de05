import type { Halt } from '../../core/halt.ts';
import { canonicalJson } from '../../core/helpers/canonical-json.ts';
import { sha256 } from '../../core/helpers/hash.ts';
import type { JournalBody } from '../../core/journal-record.ts';
import { searchMetricOf } from '../../core/search-metric.ts';
import type { RunInput } from '../../core/stage.ts';
import { type MetricId, shownScore, type TaskSpec } from '../../core/task-spec.ts';
import type { Verdict } from '../../core/verdict.ts';
import { offerMessage, verdictMessage } from '../../core/verdict-messages.ts';
import { version } from '../../core/version.ts';
import type { TableProfile } from '../../tools/data/profile/profile.ts';
import { answerInWords } from '../../tools/report/answer-words.ts';
import { trainedOn } from '../../tools/report/card.ts';
import type { CurveFacts, ResourceFacts, RunFacts } from '../../tools/report/report-facts.ts';
import type { Collected } from '../data/collect.ts';
import type { SplitMessage } from '../data/split.ts';
import type { Evaluated } from '../model/evaluate.ts';
import type { Frozen } from '../model/freeze.ts';
import type { Searched } from '../model/search.ts';
import { backendInWords, backendOf } from '../model/training-backend.ts';
import { builtInQuestions } from '../questions.ts';
import type { Estimated } from '../server/estimate.ts';
import { builtInStages } from '../stages.ts';
import { respond } from '../task/respond/respond.ts';
import type { Understood } from '../task/stages/understand.ts';
import { checkFacts, dataFacts, splitFacts } from './data-facts.ts';
import { type ExplanationValues, explanationFacts } from './explanation-facts.ts';
import { formFacts } from './form-facts.ts';
import {
  crossValidationFacts,
  importanceFacts,
  scoreFacts,
  trialFacts,
  triedLearners,
  winnerFacts,
} from './model-facts.ts';
import { notDoneFacts } from './not-done.ts';
import { type Records, recordNames, recordsOf } from './records.ts';

/** What facts are made from: nothing that is not in the journal or its blobs. */
export interface FactsInput {
  readonly runId: string;
  readonly input: RunInput;
  readonly bodies: readonly JournalBody[];
  readonly messages: ReadonlyMap<string, unknown>;
  readonly halt?: Halt['end'];
  readonly verdict: Verdict;
  readonly profile?: TableProfile;
  /** What the model file holds of the data, as its signature says. */
  readonly valuesHeld?: RunFacts['valuesHeld'];
  /** Values of the data that the explanation is about. */
  readonly explained?: ExplanationValues;
  readonly workUnits: number;
  readonly seconds: number;
}

const abouts = new Map(
  Object.values(builtInQuestions).flatMap((questions) =>
    questions.map(({ id, about }) => [id as string, about] as const),
  ),
);

/** Everything that is told about a run, as plain JSON. */
export function runFacts(from: FactsInput): RunFacts {
  const { messages, input, verdict } = from;
  const spec = (messages.get('task.understand') as Understood | undefined)?.spec;
  const records = recordsOf(from.bodies);
  const evaluated = messages.get('model.evaluate') as Evaluated | undefined;
  const estimated = messages.get('server.estimate') as Estimated | undefined;
  const frozen = messages.get('model.freeze') as Frozen | undefined;
  const searched = messages.get('model.search') as Searched | undefined;
  const backend = backendOf(messages);
  const status = from.halt?.status ?? 'complete';
  const data = dataFacts(messages, spec, from.profile, records);
  const split = splitFacts(
    messages,
    spec,
    evaluated?.vault === undefined ? 0 : evaluated.vault.readsBefore + 1,
    records,
  );
  const { scores, baseline } = scoreFacts(messages, spec, records);
  const asked = scores.filter(({ meets }) => meets !== undefined);
  const started = from.bodies[0];
  const crossValidation = crossValidationFacts(messages, spec, records);
  const winner = winnerFacts(messages, spec, records);
  const explanation = explanationFacts(messages, spec, records, from.explained);
  const forms = formFacts(messages, spec, records);
  const facts: RunFacts = {
    formatVersion: 1,
    runId: from.runId,
    status,
    ...(started?.kind === 'run' ? { startedAt: new Date(started.time).toISOString() } : {}),
    seconds: from.seconds,
    workUnits: from.workUnits,
    request: {
      prompt: input.prompt,
      ...(input.dataName === undefined ? {} : { dataName: input.dataName }),
      budget: typeof input.budget === 'string' ? input.budget : `${input.budget.workUnits} work units`,
      seed: input.seed,
      ...(input.fork === undefined ? {} : { forkOf: { runId: input.fork.runId, question: input.fork.at.name } }),
      record: '#1',
    },
    ...(input.ownMetrics.length === 0 ? {} : { ownMetrics: input.ownMetrics }),
    ...(spec === undefined ? {} : { task: spec }),
    verdict: {
      kind: verdict.kind,
      reasons: verdict.reasons.map((reason) => ({
        code: reason.code,
        message: verdictMessage(reason),
        evidence: reason.evidence,
        ...reasonRecord(reason.code, messages, records),
      })),
      ...(verdict.offer === undefined ? {} : { offer: offerMessage(verdict.offer) }),
    },
    ...(from.halt?.status === 'paused' ? { questions: from.halt.questions } : {}),
    ...(data === undefined ? {} : { data }),
    checks: checkFacts(messages, records),
    ...(split === undefined ? {} : { split }),
    ...(baseline === undefined ? {} : { baseline }),
    trials: trialFacts(spec, records),
    ...(searched === undefined ? {} : { searchRecord: records.message('model.search').record! }),
    ...(winner === undefined ? {} : { winner }),
    scores,
    ...(crossValidation === undefined ? {} : { crossValidation }),
    ...(evaluated?.vault?.outcomeScore === undefined ? {} : { outcomeScore: evaluated.vault.outcomeScore }),
    ...(asked.length === 0 ? {} : { meetsTargets: asked.every(({ meets }) => meets === true) }),
    curves: (evaluated?.vault?.curves ?? []) as unknown as readonly CurveFacts[],
    importances: importanceFacts(messages),
    ...(explanation === undefined ? {} : { explanation }),
    ...(from.valuesHeld === undefined ? {} : { valuesHeld: from.valuesHeld }),
    ...(estimated === undefined || frozen === undefined
      ? {}
      : {
          resources: {
            sizeBytes: estimated.sizeBytes,
            latencyMs: estimated.latencyMs,
            predictedLatencyMs: estimated.predicted.latencyMs,
            memoryBytes: estimated.memoryBytes,
            ...resourceFacts(estimated, searchMetricOf(spec!)),
            ...forecastRecord(records),
            operationsPerRow: frozen.operationsPerRow,
            ...records.call('server.estimate', 'measure'),
          },
        }),
    ...(forms === undefined ? {} : { forms }),
    decisions: decisionFacts(from.bodies),
    messages: messageFacts(messages, from.bodies),
    notDone: notDoneFacts(messages, spec, records),
    records: recordNames(from.bodies),
    environment: {
      traineragent: version,
      node: process.versions.node,
      opset: '21',
      'ai.onnx.ml': '5',
      ...(frozen?.runtime === undefined ? {} : { runtime: runtimeWords(frozen.runtime) }),
      ...(backend === undefined ? {} : { [trainedOn]: backendInWords(backend) }),
    },
    hashes: hashesOf(messages, spec),
    deterministic: searched?.stopped !== 'clock' && backend?.deterministic !== false,
  };
  return { ...facts, answer: answerOf(from, facts, spec) };
}

/** What trained and was measured where the first choice is missing. */
function runtimeWords({ name, version, insteadOf }: NonNullable<Frozen['runtime']>): string {
  return `${name}${version === undefined ? '' : ` ${version}`} in place of ${insteadOf}, which is missing: slower, and measured so`;
}

/** Where a reason of the verdict was found: before training, by the checks, or in what was measured. */
function reasonRecord(code: string, messages: ReadonlyMap<string, unknown>, records: Records): { record?: string } {
  const assessed = messages.get('task.assess') as Verdict | undefined;
  if (assessed === undefined || assessed.reasons.some((reason) => reason.code === code))
    return records.message(assessed === undefined ? 'data.collect' : 'task.assess');
  if (code === 'NO_SIGNAL') return records.message('model.search');
  if (code === 'FORM_NOT_DELIVERED') return records.message('model.freeze');
  if (code === 'LIMIT_BELOW_MEASURED') return records.message('server.estimate');
  return messages.has('model.evaluate') && outcomeCodes.has(code)
    ? records.message('model.evaluate')
    : records.message(messages.has('data.check') ? 'data.check' : 'task.assess');
}

/** Reasons that come of the measured outcome. */
const outcomeCodes: ReadonlySet<string> = new Set([
  'TARGET_MISSED',
  'WEAK_SIGNAL',
  'SCORE_UNDEFINED',
  'UNSEEN_CLASSES',
  'PERFECT_SCORE',
  'WIDE_INTERVAL',
  'FAIRNESS_GAP',
]);

const readers: Readonly<Record<string, string>> = { task: 'Task', data: 'Data', model: 'Model', server: 'Server' };

/** Who reads the messages of built-in stages; the journal does not say it of those that a host has added. */
const receivers: ReadonlyMap<string, string> = new Map(builtInStages.map(({ name, to }) => [name, readers[to] ?? to]));

/** One line a message: which agent finished which step, and which reads what came of it. */
function messageFacts(messages: ReadonlyMap<string, unknown>, bodies: readonly JournalBody[]): RunFacts['messages'] {
  return bodies.flatMap((body, index) => {
    if (body.kind !== 'message' || !messages.has(body.stage)) return [];
    const agent = body.stage.slice(0, body.stage.indexOf('.'));
    return [
      {
        from: readers[agent] ?? agent,
        to: receivers.get(body.stage) ?? 'next stage',
        stage: body.stage,
        summary: body.summary,
        record: `#${index + 1}`,
      },
    ];
  });
}

function decisionFacts(bodies: readonly JournalBody[]): RunFacts['decisions'] {
  return bodies.flatMap((body, index) => {
    if (body.kind !== 'decision') return [];
    const about = abouts.get(body.at.name);
    return [
      {
        question: body.at.name,
        ...(about === undefined ? {} : { about }),
        stage: body.at.stage,
        by: body.by,
        answer: answerInWords(body.answer),
        why:
          body.fallback === undefined
            ? body.why
            : `${body.why} (The language model's answer was not used: ${body.fallback}.)`,
        record: `#${index + 1}`,
      },
    ];
  });
}

function hashesOf(messages: ReadonlyMap<string, unknown>, spec: TaskSpec | undefined): Record<string, string> {
  const data = (messages.get('data.collect') as Collected | undefined)?.data;
  const split = messages.get('data.split') as SplitMessage | undefined;
  const frozen = messages.get('model.freeze') as Frozen | undefined;
  return {
    ...(data === undefined ? {} : { data: data.table }),
    ...(spec === undefined ? {} : { task: sha256(canonicalJson(spec)) }),
    ...(split?.vault === undefined ? {} : { vault: split.vault }),
    ...(frozen === undefined ? {} : { model: frozen.model }),
  };
}

function answerOf(
  { halt, verdict, runId, messages }: FactsInput,
  facts: RunFacts,
  spec: TaskSpec | undefined,
): readonly string[] {
  if (halt?.status === 'paused') {
    return respond({
      status: 'paused',
      runId,
      verdict,
      reason: halt.why,
      questions: [],
    }).concat(halt.questions.map(({ question, changes }) => `Question "${question}": ${changes}`));
  }
  if (halt?.status === 'declined' || spec === undefined)
    return respond({
      status: 'declined',
      verdict,
      ...(verdict.reasons.some(({ code }) => code === 'STOPPED_BY_HOST') ? { stoppedBy: 'host' as const } : {}),
    });
  const where =
    facts.split === undefined || facts.split.vaultRows === 0
      ? 'cross-validation'
      : facts.split.method === 'given by the host'
        ? 'test-data'
        : 'vault';
  const { resources } = facts;
  return respond({
    status: 'complete',
    task: spec.task.value,
    target: spec.target.value,
    verdict,
    scores: facts.scores.map(({ metric, value, low, high, threshold, probability }) => {
      const base = facts.baseline?.scores.find((score) => score.metric === metric);
      return {
        metric: metric as MetricId,
        score: { value, source: where },
        low,
        high,
        ...(base === undefined ? {} : { baseline: { value: base.value, source: where } }),
        ...(threshold === undefined ? {} : { threshold }),
        ...(probability === undefined ? {} : { probability }),
      };
    }),
    trainingRows: { value: facts.split?.trainRows ?? 0, source: 'counted' },
    ...(where === 'cross-validation'
      ? {}
      : { testRows: { value: facts.split!.vaultRows, source: 'counted' as const } }),
    inputs: { value: facts.data?.columns.filter(({ role }) => role === 'input').length ?? 0, source: 'counted' },
    model: modelWords(facts, triedLearners(messages)),
    ...(resources === undefined ? {} : { sizeBytes: { value: resources.sizeBytes, source: 'measured' as const } }),
    ...(resources?.latencyMs === undefined
      ? {}
      : {
          latencyP50Ms: { value: resources.latencyMs.p50, source: 'measured' as const },
          latencyP99Ms: { value: resources.latencyMs.p99, source: 'measured' as const },
        }),
    ...(facts.forms === undefined ? {} : { forms: facts.forms }),
    ...(resources?.tradeOff === undefined ? {} : { tradeOff: resources.tradeOff }),
    trials: { value: facts.trials.length, source: 'counted' },
    important: facts.importances.filter(({ share }) => share > 0).map(({ column }) => column),
  });
}

const learnerWords: Readonly<Record<string, string>> = {
  linear: 'a linear model',
  trees: 'boosted trees',
  network: 'a neural network',
};

function modelWords({ winner }: RunFacts, tried: readonly string[]): string {
  const learners = [...new Set(winner?.members.map(({ learner }) => learner) ?? tried)];
  const words = learners.map((name) => learnerWords[name] ?? `the learner "${name}"`).join(' and ');
  return (winner?.members.length ?? 1) > 1 ? `a blend of ${winner!.members.length} models (${words})` : words;
}

/** The message that has forecasts, measurements and trade-offs side by side. */
function forecastRecord(records: Records): Pick<ResourceFacts, 'forecastRecord'> {
  const { record } = records.message('server.estimate');
  return record === undefined ? {} : { forecastRecord: record };
}

/** Forecasts beside what was measured, and what else could have been had where a limit is missed. */
function resourceFacts(estimated: Estimated, metric: MetricId): Omit<ResourceFacts, 'sizeBytes'> {
  const { predicted, before, batchMs, batchRecords, trainSeconds, peakBytes, tradeOff } = estimated;
  return {
    predicted: {
      sizeBytes: predicted.sizeBytes,
      memoryBytes: predicted.memoryBytes,
      latencyMs: predicted.latencyMs,
      ...(predicted.batchMs === undefined ? {} : { batchMs: predicted.batchMs }),
    },
    ...(before === undefined ? {} : { before }),
    ...(batchMs === undefined ? {} : { batchMs }),
    ...(batchRecords === undefined ? {} : { batchRecords }),
    ...(trainSeconds === undefined ? {} : { trainSeconds }),
    ...(peakBytes === undefined ? {} : { peakBytes }),
    ...(tradeOff === undefined
      ? {}
      : { tradeOff: tradeOff.map((one) => ({ ...one, score: shownScore(metric, one.score) })) }),
  };
}
