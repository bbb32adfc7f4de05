import type { Json } from '../../core/helpers/canonical-json.ts';
import type { RunFacts } from './report-facts.ts';

/** Where the networks of the run trained, in `environment`; there where the host gave backends. */
export const trainedOn = 'networks trained on';

type JsonObject = { readonly [key: string]: Json | undefined };

/**
 * The part of the model card that depends on nothing but request, data, seed and version: no time, no id, no path, no
 * latency. It goes into the model file's `metadata_props`, so that the same run gives the same bytes.
 */
export function clockFreeCard(facts: RunFacts): JsonObject {
  const { model: _ownHash, ...hashes } = facts.hashes;
  return plain({
    formatVersion: 1,
    task: facts.task?.task.value,
    target: facts.task?.target.value,
    metrics: facts.task?.metrics.map(({ metric, threshold }) => ({ metric, threshold })),
    data: facts.data && {
      rowsRead: facts.data.rowsRead,
      rowsUsed: facts.data.rowsUsed,
      setAside: facts.data.setAside,
      columns: facts.data.columns,
      steps: facts.data.steps.map(({ what, count }) => ({ what, count })),
    },
    split: facts.split && {
      method: facts.split.method,
      trainRows: facts.split.trainRows,
      vaultRows: facts.split.vaultRows,
      folds: facts.split.folds,
      repeats: facts.split.repeats,
    },
    checks: facts.checks.map(({ id, outcome, message }) => ({ id, outcome, message })),
    winner: facts.winner && {
      members: facts.winner.members,
      validationScore: facts.winner.validationScore,
      calibration: facts.winner.calibration,
      decisionRule: facts.winner.decisionRule,
      compression: facts.winner.compression,
    },
    importances: facts.importances,
    valuesHeld: facts.valuesHeld,
    notDone: facts.notDone,
    environment: {
      traineragent: facts.environment.traineragent,
      opset: facts.environment.opset,
      runtime: facts.environment.runtime,
      [trainedOn]: facts.environment[trainedOn],
    },
    hashes,
    deterministic: facts.deterministic,
  });
}

/** The whole model card as plain JSON (`card.json`), keyed by the model file's hash. */
export function cardJson(facts: RunFacts): JsonObject {
  return plain({
    ...clockFreeCard(facts),
    model: facts.hashes.model,
    runId: facts.runId,
    startedAt: facts.startedAt,
    request: facts.request,
    verdict: facts.verdict,
    scores: facts.scores,
    baseline: facts.baseline,
    crossValidation: facts.crossValidation,
    outcomeScore: facts.outcomeScore,
    meetsTargets: facts.meetsTargets,
    explanation: facts.explanation && {
      importance: facts.explanation.importance,
      slices: facts.explanation.errors.slices,
      groups: facts.explanation.groups,
      learningCurve: facts.explanation.learningCurve,
    },
    vaultReads: facts.split?.vaultReads,
    trials: facts.trials.length,
    workUnits: facts.workUnits,
    resources: facts.resources,
    forms: facts.forms,
    decisions: facts.decisions.map(({ question, by, answer, why, record }) => ({ question, by, answer, why, record })),
    environment: facts.environment,
    hashes: facts.hashes,
  });
}

/** Drops `undefined` and anything JSON has no form for. */
const plain = (value: object): JsonObject => JSON.parse(JSON.stringify(value)) as JsonObject;
