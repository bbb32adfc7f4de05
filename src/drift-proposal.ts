import { type DriftAction, driftSentences, driftStage } from './agents/task/stages/drift.ts';
import type { DecidedBy } from './core/events.ts';
import type { OpenQuestion } from './core/halt.ts';
import type { Json } from './core/helpers/canonical-json.ts';
import { runPipeline } from './core/pipeline.ts';
import type { TaskFields } from './core/request.ts';
import type { RunSession } from './core/run-session.ts';
import { type BuiltInMetric, metricIds } from './core/task-spec.ts';
import type { DriftEvent } from './tools/serve/drift/drift-event.ts';

/** Options of `trainer.considerDrift`. */
export interface DriftOptions {
  /** The words of the request that the model was trained for; they come back in the request that trains again. */
  readonly prompt?: string;
  /** Answers by question id; `task.drift` is the one that is asked. */
  readonly answers?: Readonly<Record<string, Json>>;
  readonly signal?: AbortSignal;
}

/** What is proposed about drift that a service noticed. Nothing is trained before the host says so. */
export type DriftProposal =
  | {
      readonly status: 'proposed';
      /** Under which the decision was journalled. */
      readonly runId: string;
      readonly action: DriftAction;
      readonly why: string;
      readonly by: DecidedBy;
      /** The request that trains again; `data` are the host's to add. `retrain` alone. */
      readonly request?: RetrainingRequest;
      /** In plain words, for a log or a person. */
      readonly text: string;
    }
  /** A decider paused: ask again, with its answer in `answers`. */
  | {
      readonly status: 'paused';
      readonly runId: string;
      readonly why: string;
      readonly questions: readonly OpenQuestion[];
    }
  /** A decider stopped it. */
  | { readonly status: 'declined'; readonly runId: string; readonly why: string };

/** What `trainer.run` needs besides recent rows. */
export interface RetrainingRequest {
  /** The words of the first request, where the host gave them. */
  readonly prompt?: string;
  readonly task: TaskFields;
}

/** Asks what is done about drift, and closes the journal with it. */
export async function considerDrift(
  session: RunSession,
  event: DriftEvent,
  prompt: string | undefined,
): Promise<DriftProposal> {
  const { journal, clock, runId } = session;
  const { halt } = await runPipeline(session, [driftStage]);
  const decision = journal.bodies.findLast((body) => body.kind === 'decision');
  const proposal: DriftProposal =
    halt?.status === 'paused'
      ? { status: 'paused', runId, why: halt.why, questions: halt.questions }
      : halt?.status === 'declined' || decision?.kind !== 'decision'
        ? { status: 'declined', runId, why: 'The host stopped it.' }
        : describeProposal(
            runId,
            event,
            { ...(decision.answer as { action: DriftAction }), why: decision.why, by: decision.by },
            prompt,
          );
  const status = proposal.status === 'proposed' ? 'complete' : proposal.status;
  const seconds = (clock.monotonic() - session.startedAt) / 1000;
  await journal.append({ kind: 'end', status, time: clock.now(), seconds, result: {} });
  return proposal;
}

/** The proposal from what was decided. */
function describeProposal(
  runId: string,
  { model, columns, prediction, score }: DriftEvent,
  decided: { readonly action: DriftAction; readonly why: string; readonly by: DecidedBy },
  prompt: string | undefined,
): DriftProposal {
  const { action, why, by } = decided;
  const names = columns.map(({ column, alarms }) => `${JSON.stringify(column)} (${alarms.join(', ')})`);
  const found = [
    ...(names.length === 0 ? [] : [`columns ${names.join(', ')}`]),
    ...(prediction === undefined || prediction.alarms.length === 0 ? [] : ['the predictions']),
    ...(score?.isWorse === true ? [`the score on outcomes (${score.metric})`] : []),
  ];
  const { task, target, positive, metric } = model;
  const known = metricIds.find((id): id is BuiltInMetric => id === metric);
  return {
    status: 'proposed',
    runId,
    action,
    why,
    by,
    ...(action === 'retrain'
      ? {
          request: {
            ...(prompt === undefined ? {} : { prompt }),
            task: {
              task,
              target,
              ...(positive === undefined ? {} : { positive }),
              ...(known === undefined ? {} : { metric: known }),
            },
          },
        }
      : {}),
    text: `Drift of the model "${model.name}" (${model.version.slice(0, 12)}): ${found.join('; ')}. ${driftSentences[action]} ${why}`,
  };
}
