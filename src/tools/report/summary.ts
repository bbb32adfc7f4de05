import type { Json } from '../../core/helpers/canonical-json.ts';
import type { RunFacts } from './report-facts.ts';

/** What `train --json` prints: the run in one flat object. Absent members were not measured. */
export type RunSummary = { readonly [key: string]: Json | undefined };

/** The one object for programs, from the facts and the place of the model file. */
export function runSummary(facts: RunFacts, modelPath?: string): RunSummary {
  const first = facts.scores[0];
  const baseline = first && facts.baseline?.scores.find((score) => score.metric === first.metric);
  const latency = facts.resources?.latencyMs;
  const summary = {
    formatVersion: 1,
    status: facts.status,
    runId: facts.runId,
    verdict: facts.verdict,
    questions: facts.questions,
    task: facts.task,
    score: first && { metric: first.metric, value: first.value, low: first.low, high: first.high },
    baseline: baseline && { metric: baseline.metric, value: baseline.value, low: baseline.low, high: baseline.high },
    meetsTargets: facts.meetsTargets,
    modelPath,
    sizeBytes: facts.resources?.sizeBytes,
    latencyMs: latency && { p50: latency.p50, p99: latency.p99 },
    forms: facts.forms?.map(({ form, isDelivered, isDeployed, whyNot, sizeBytes, score, loss, maxDifference }) => ({
      form,
      isDelivered,
      isDeployed,
      whyNot,
      sizeBytes,
      score,
      loss,
      maxDifference,
    })),
    tradeOff: facts.resources?.tradeOff,
    seconds: facts.seconds,
    workUnits: facts.workUnits,
  };
  return JSON.parse(JSON.stringify(summary)) as RunSummary;
}
