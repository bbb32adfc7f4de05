import type { Agent } from '../agents/agent.ts';
import { arrangeStages } from '../agents/arrange-stages.ts';
import type { CandidatesMessage } from '../agents/model/candidates.ts';
import { builtInStages } from '../agents/stages.ts';
import { Budget, budgetUnits } from '../core/budget.ts';
import { systemClock } from '../core/clock.ts';
import { Journal } from '../core/journal.ts';
import { LlmLedger } from '../core/llm-budget.ts';
import { withMetrics } from '../core/metric-scope.ts';
import { type PipelineEnd, runPipeline } from '../core/pipeline.ts';
import type { RunSession } from '../core/run-session.ts';
import { restartRun } from '../core/start-run.ts';
import type { RunStore } from '../core/store.ts';
import type { Workbench } from '../core/workbench.ts';
import { verdictOfEnded } from '../finish.ts';
import { Unfinished } from './stored-run.ts';

/** Calls nothing: what a finished run called is in its journal. */
const noWorkbench: Workbench = {
  where: 'child',
  call: () => Promise.reject(new Unfinished('The journal ends before the run did.')),
  close: () => undefined,
};

/**
 * Runs the stages again on what the journal holds, as a resumed run does, with nothing asked, called, written or told: so
 * every message is what the recorded answers and results give.
 *
 * @throws {TrainerError} RESUME_MISMATCH naming the path where a message or an input is not what it follows from
 * @throws {Unfinished} where the journal ends before the run did
 */
export async function replayStages(
  store: RunStore,
  agents: readonly Agent[],
): Promise<{ readonly session: RunSession; readonly end: PipelineEnd }> {
  const { input } = restartRun(store);
  const journal = new Journal(store, () => undefined);
  const session: RunSession = {
    runId: store.runId,
    input,
    store,
    journal,
    budget: new Budget(typeof input.budget === 'string' ? budgetUnits[input.budget] : input.budget.workUnits),
    clock: systemClock,
    signal: new AbortController().signal,
    child: noWorkbench,
    host: noWorkbench,
    hostLearners: (journal.message('model.candidates', 1) as CandidatesMessage | undefined)?.onHost ?? [],
    hostMetrics: [],
    pausedOn: new Set(),
    llm: undefined,
    ledger: new LlmLedger({}),
    privacy: 'schema-only',
    deciders: new Map(),
    deciderTimeoutMs: 1,
    given: new Map(),
    ...verdictOfEnded(store.records.map(({ body }) => body)),
    vaultLedger: { read: () => Promise.reject(new Unfinished('The journal ends before the run did.')) },
    systemOf: () => '',
    memoryOf: () => undefined,
    toolsOf: () => [],
    emit: () => undefined,
    secondsBefore: 0,
    startedAt: 0,
  };
  const replay = () => runPipeline(session, arrangeStages(builtInStages, agents));
  return { session, end: await withMetrics(input.ownMetrics, replay) };
}
