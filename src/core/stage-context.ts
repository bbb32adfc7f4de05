import { ask } from './ask.ts';
import { TrainerError } from './errors.ts';
import { Halt } from './halt.ts';
import { canonicalJson, type Json } from './helpers/canonical-json.ts';
import { createRandom } from './helpers/random.ts';
import type { Position } from './journal-record.ts';
import { isShown } from './privacy.ts';
import type { RunSession } from './run-session.ts';
import type { StageContext } from './stage.ts';
import { useTool } from './use-tool.ts';
import { usesMetric } from './uses-metric.ts';

/** The context of one visit of one stage. */
export function stageContext(
  session: RunSession,
  stage: { readonly name: string; readonly agent: string },
  visit: number,
  messages: ReadonlyMap<string, unknown>,
  /** Visits of stages that ended before this one, as `stage#visit`. */
  ended: ReadonlySet<string>,
  /** The stage has ended before: only its results are wanted, and what it tells was told. */
  isReplay: boolean,
): StageContext {
  const counts = new Map<string, number>();
  const position = (name: string): Position => {
    const ordinal = counts.get(name) ?? 0;
    counts.set(name, ordinal + 1);
    return { stage: stage.name, visit, name, ordinal };
  };
  const blobJson = async <T>(hash: string) =>
    JSON.parse(new TextDecoder().decode(await session.store.blobs.get(hash))) as T;
  const publish = session.emit as StageContext['publish'];
  const look = { message: <T>(name: string) => messages.get(name) as T | undefined, blobJson };
  return {
    runId: session.runId,
    input: session.input,
    budget: session.budget,
    signal: session.signal,
    clock: session.clock,
    mayShow: (level) => session.llm !== undefined && isShown(level, session.privacy),
    hostLearners: session.hostLearners,
    privacy: session.privacy,
    message: look.message,
    ask: (question, subject) => ask(session, position(question.id), stage.agent, question, subject, look),
    decidedBy: (question) => session.journal.decidedBy({ stage: stage.name, visit, name: question }),
    async call<Output>(tool: string, input: Json, options: Parameters<StageContext['call']>[2] = {}) {
      const at = position(tool);
      const plain = JSON.parse(canonicalJson(input)) as Json;
      const recorded = session.journal.call(at, plain);
      if (recorded !== undefined) return structuredClone(recorded.output) as Output;
      const bench = options.onHost === true || usesMetric(plain, session.hostMetrics) ? session.host : session.child;
      const event = { stage: stage.name, tool, ordinal: at.ordinal, where: bench.where };
      session.emit('tool-call', { ...event, phase: 'start' });
      options.onStart?.();
      let started = session.clock.monotonic();
      const output = await bench.call(tool, plain, {
        signal: session.signal,
        // Calls that are sent together wait for each other: that is no time of theirs.
        onStart: () => {
          started = session.clock.monotonic();
        },
        onProgress: (progress) =>
          session.emit('stage-progress', {
            stage: stage.name,
            ...(progress.share === undefined ? {} : { share: progress.share }),
            ...(progress.note === undefined ? {} : { note: progress.note }),
          }),
        onRestart: () => session.emit('tool-call', { ...event, phase: 'restart' }),
      });
      const seconds = (session.clock.monotonic() - started) / 1000;
      // Through JSON and back, so that a first run and a resumed one see the same value.
      const kept = JSON.parse(canonicalJson(output)) as Json;
      await session.journal.append({ kind: 'call', at, input: plain, output: kept, seconds });
      session.emit('tool-call', { ...event, phase: 'end', seconds });
      options.onEnd?.(kept, seconds);
      return kept as Output;
    },
    async use(tool, input) {
      const at = position(tool.name);
      const plain = JSON.parse(canonicalJson(input)) as Json;
      const recorded = session.journal.call(at, plain);
      if (recorded !== undefined) return structuredClone(recorded.output) as never;
      const event = { stage: stage.name, tool: tool.name, ordinal: at.ordinal, where: 'host' } as const;
      session.emit('tool-call', { ...event, phase: 'start' });
      const started = session.clock.monotonic();
      const output = await useTool(tool, input, { ...look, privacy: session.privacy, signal: session.signal });
      const kept = JSON.parse(canonicalJson(output)) as Json;
      const seconds = (session.clock.monotonic() - started) / 1000;
      await session.journal.append({ kind: 'call', at, input: plain, output: kept, seconds });
      session.emit('tool-call', { ...event, phase: 'end', seconds });
      return kept as never;
    },
    async once(name, make) {
      const at = position(name);
      const recorded = session.journal.note(at);
      if (recorded !== undefined) return recorded.value as ReturnType<typeof make>;
      const value = make();
      await session.journal.append({ kind: 'note', at, value });
      return value;
    },
    random: (name) => createRandom(`${session.input.seed}/${stage.name}/${visit}/${name}`),
    blobJson,
    putJson: (value) => session.store.blobs.put(new TextEncoder().encode(canonicalJson(value))),
    progress(progress) {
      if (!isReplay) session.emit('stage-progress', { stage: stage.name, ...progress });
    },
    publish,
    async readVault(vaultHash, modelHash) {
      const reads = session.journal.vaultReads();
      if (reads.size > 0 && !reads.has(modelHash)) {
        throw new TrainerError('INTERNAL', 'Expected one model a run to be judged on the vault, got a second one.');
      }
      for (const body of session.journal.bodies)
        if (body.kind === 'vault-read' && body.modelHash === modelHash) return body.count;
      const count = await session.vaultLedger.read(vaultHash, modelHash);
      await session.journal.append({ kind: 'vault-read', modelHash, count });
      return count;
    },
    pause(why, questions) {
      for (const question of questions)
        session.emit('decision-pending', {
          stage: stage.name,
          question: question.question,
          proposal: question.default,
          why,
        });
      throw new Halt({ status: 'paused', why, questions });
    },
    decline(verdict) {
      throw new Halt({ status: 'declined', verdict });
    },
    seconds: () => session.secondsBefore + (session.clock.monotonic() - session.startedAt) / 1000,
    // Not the whole journal: on resume it holds what came later, and a stage that looked at it would take another way.
    journal: () =>
      session.journal.bodies.filter((body) => {
        const at = 'at' in body ? body.at : body.kind === 'message' ? body : undefined;
        return at !== undefined && ended.has(`${at.stage}#${at.visit}`);
      }),
  };
}
