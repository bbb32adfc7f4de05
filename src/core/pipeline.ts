import { TrainerError } from './errors.ts';
import { Halt } from './halt.ts';
import { canonicalJson, type Json } from './helpers/canonical-json.ts';
import { frozenCopy } from './helpers/frozen-copy.ts';
import { untilAborted } from './helpers/until-aborted.ts';
import type { RunSession } from './run-session.ts';
import type { Stage } from './stage.ts';
import { stageContext } from './stage-context.ts';
import { problemText, validate } from './standard-schema.ts';

/** How the stages ended: with all their messages, or early. */
export interface PipelineEnd {
  readonly messages: ReadonlyMap<string, unknown>;
  readonly halt?: Halt['end'];
}

/** Visits of one stage; a loop of decisions that exceeds it is a bug, not a long run. */
const maxVisits = 50;

/**
 * Runs the stages in order: the hub. What a stage says is checked by its schema, journalled, published, then delivered;
 * agents never call each other.
 */
export async function runPipeline(session: RunSession, stages: readonly Stage[]): Promise<PipelineEnd> {
  const messages = new Map<string, unknown>();
  const visits = new Map<string, number>();
  const ended = new Set<string>();
  for (let index = 0; index < stages.length; ) {
    session.signal.throwIfAborted();
    const stage = stages[index]!;
    const visit = (visits.get(stage.name) ?? 0) + 1;
    if (visit > maxVisits)
      throw new TrainerError('INTERNAL', `Expected stage "${stage.name}" to be visited at most ${maxVisits} times.`);
    visits.set(stage.name, visit);

    const isReplay = session.journal.message(stage.name, visit) !== undefined;
    const started = session.clock.monotonic();
    const event = { stage: stage.name, agent: stage.agent, visit };
    if (!isReplay) session.emit('stage-start', event);
    let goTo: string | undefined;
    try {
      const result = await untilAborted(
        stage.run(stageContext(session, stage, visit, messages, new Set(ended), isReplay)),
        session.signal, // a stage that does not look at it must not keep an aborted run
      );
      goTo = result.goTo;
      const body = await checkedMessage(stage, result.message);
      if (session.journal.message(stage.name, visit, body) === undefined) {
        await session.journal.append({ kind: 'message', stage: stage.name, visit, summary: result.summary, body });
        session.emit('message', { stage: stage.name, from: stage.agent, to: stage.to, summary: result.summary, body });
      }
      messages.set(stage.name, frozenCopy(body));
      ended.add(`${stage.name}#${visit}`);
    } catch (error) {
      if (error instanceof Halt) return { messages, halt: error.end };
      throw error;
    }
    if (!isReplay) session.emit('stage-end', { ...event, seconds: (session.clock.monotonic() - started) / 1000 });
    index = goTo === undefined ? index + 1 : indexOf(stages, goTo);
  }
  session.signal.throwIfAborted(); // aborted at the last message: nothing is ended that the host wants no more
  return { messages };
}

async function checkedMessage(stage: Stage, message: unknown): Promise<Json> {
  const result = await validate(stage.output, message);
  if ('problems' in result) {
    throw new TrainerError(
      'PLUGIN_INVALID',
      `Expected stage "${stage.name}" to give a message of its schema, but ${problemText(result.problems)}.`,
      { details: { stage: stage.name } },
    );
  }
  return JSON.parse(canonicalJson(result.value)) as Json;
}

function indexOf(stages: readonly Stage[], name: string): number {
  const index = stages.findIndex((stage) => stage.name === name);
  if (index < 0) throw new TrainerError('PLUGIN_INVALID', `Expected the name of a stage to go to, got "${name}".`);
  return index;
}
