import type { Collected } from './agents/data/collect.ts';
import { runFacts } from './agents/facts/run-facts.ts';
import type { Evaluated } from './agents/model/evaluate.ts';
import type { Explained } from './agents/model/explain.ts';
import type { Frozen } from './agents/model/freeze.ts';
import { finalVerdict } from './agents/task/stages/final-verdict.ts';
import type { Understood } from './agents/task/stages/understand.ts';
import { canonicalJson, type Json } from './core/helpers/canonical-json.ts';
import type { JournalBody } from './core/journal-record.ts';
import { withMetrics } from './core/metric-scope.ts';
import type { DeliveredForm } from './core/outcome.ts';
import type { PipelineEnd } from './core/pipeline.ts';
import type { RunSession } from './core/run-session.ts';
import type { Verdict } from './core/verdict.ts';
import type { TableProfile } from './tools/data/profile/profile.ts';
import { formFile } from './tools/report/form-rows.ts';
import type { FormFact, RunFacts } from './tools/report/report-facts.ts';
import type { TrainerOutcome } from './trainer-outcome.ts';

/** The verdict of a run that has ended declined. */
export function verdictOfEnded(bodies: readonly JournalBody[]): { readonly over?: Verdict } {
  const last = bodies.findLast((body) => body.kind === 'end');
  const verdict = last?.status === 'declined' ? (last.result as { readonly verdict?: unknown }).verdict : undefined;
  return verdict === undefined ? {} : { over: verdict as Verdict };
}

/** Everything that is told about a run, from its messages and its journal alone. */
export async function factsOf(
  session: RunSession,
  { halt, messages }: PipelineEnd,
  seconds: number,
): Promise<RunFacts> {
  const data = (messages.get('data.collect') as Collected | undefined)?.data;
  const frozen = messages.get('model.freeze') as Frozen | undefined;
  const explained = messages.get('model.explain') as Explained | undefined;
  const groups = (messages.get('model.evaluate') as Evaluated | undefined)?.vault?.groupValues;
  return runFacts({
    runId: session.runId,
    input: session.input,
    bodies: session.journal.bodies,
    messages,
    ...(halt === undefined ? {} : { halt }),
    verdict: verdictAt({ messages, ...(halt === undefined ? {} : { halt }) }),
    ...(data === undefined ? {} : { profile: await readJson<TableProfile>(session, data.profile) }),
    ...(frozen === undefined ? {} : { valuesHeld: await valuesHeldIn(await session.store.blobs.get(frozen.model)) }),
    ...(explained === undefined
      ? {}
      : {
          explained: {
            explained: await readJson(session, explained.values),
            groups: groups === undefined ? [] : await readJson(session, groups),
          },
        }),
    workUnits: session.budget.spent,
    seconds,
  });
}

function verdictAt({ halt, messages }: PipelineEnd): Verdict {
  return halt?.status === 'declined' ? halt.verdict : finalVerdict(messages, halt?.reason);
}

/** Makes the outcome of a run from its messages, and closes its journal with it. */
export async function finish(session: RunSession, end: PipelineEnd): Promise<TrainerOutcome> {
  const { journal, store, clock, runId } = session;
  const { halt, messages } = end;
  const verdict = verdictAt(end);
  const closed = journal.bodies.findLast((body) => body.kind === 'end');
  const seconds =
    closed !== undefined && closed.status !== 'paused'
      ? closed.seconds
      : session.secondsBefore + (clock.monotonic() - session.startedAt) / 1000;
  const facts = await factsOf(session, end, seconds);
  const status = halt?.status ?? 'complete';
  if (closed === undefined || closed.status === 'paused') {
    const result =
      halt?.status === 'paused'
        ? { questions: halt.questions.map(({ question }) => question) }
        : halt?.status === 'declined'
          ? { verdict: JSON.parse(canonicalJson(halt.verdict)) as Json }
          : {};
    await journal.append({ kind: 'end', status, time: clock.now(), seconds, result });
  }
  const base = { runId, facts, report: () => renderReport(facts) };
  if (halt?.status === 'declined') return { ...base, status: 'declined', verdict };
  if (halt?.status === 'paused') {
    return {
      ...base,
      status: 'paused',
      why: halt.why,
      ...(halt.code === undefined ? {} : { code: halt.code }),
      questions: halt.questions,
    };
  }
  const { model: hash } = messages.get('model.freeze') as Frozen;
  const [{ loadModel }, { onnxBackend }] = await Promise.all([
    import('./tools/artefact/model.ts'),
    import('./backends/onnx/onnx-backend.ts'),
  ]);
  const model = loadModel(await store.blobs.get(hash), onnxBackend());
  return {
    ...base,
    status: 'complete',
    verdict,
    task: (messages.get('task.understand') as Understood).spec,
    model,
    meetsTargets: facts.meetsTargets,
    forms: await deliveredForms(facts.forms ?? [], store.blobs),
    async describe() {
      const [{ jsonSchemaOfRecord }, { typescriptOfRecord }, { exampleRecords }] = await Promise.all([
        import('./tools/serve/json-schema.ts'),
        import('./tools/serve/typescript-types.ts'),
        import('./tools/serve/example-records.ts'),
      ]);
      const { signature } = model;
      return {
        schema: jsonSchemaOfRecord(signature) as Readonly<Record<string, Json>>,
        typescript: typescriptOfRecord(signature),
        examples: exampleRecords(signature),
      };
    },
    async card() {
      const [{ cardJson }, { cardMarkdown }] = await Promise.all([
        import('./tools/report/card.ts'),
        import('./tools/report/card-markdown.ts'),
      ]);
      return withMetrics(facts.ownMetrics ?? [], () => ({
        json: cardJson(facts) as Readonly<Record<string, Json>>,
        markdown: cardMarkdown(facts),
      }));
    },
    async deploy(options = {}) {
      const { createService } = await import('./serve.ts');
      const { port, host, graceMs, insecure, ...service } = options;
      const where = { port, host, graceMs, insecure };
      const { outcomeScore } = facts;
      const expected = outcomeScore === undefined ? {} : { expected: expectedOf(outcomeScore) };
      const opened = await createService(model, { ...expected, ...service });
      try {
        return await opened.listen(defined(where));
      } catch (error) {
        await opened.close();
        throw error;
      }
    },
  };
}

/** Forms that can be written, also when the run's store is gone. */
function deliveredForms(facts: readonly FormFact[], blobs: RunSession['store']['blobs']): Promise<DeliveredForm[]> {
  const delivered = facts.filter(({ isDelivered }) => isDelivered);
  return Promise.all(delivered.map(async (fact) => deliveredForm(fact, await blobs.get(fact.hash!))));
}

function deliveredForm(fact: FormFact, bytes: Uint8Array): DeliveredForm {
  const { form, isDeployed } = fact;
  return {
    form,
    isDeployed,
    name: formFile(fact),
    async save(path) {
      if (form === 'browser') return (await import('./convert.ts')).convertToBrowser(bytes, path);
      await (await import('./tools/artefact/save-file.ts')).saveFile(path, bytes);
      return [];
    },
  };
}

const expectedOf = ({ metric, value, low, high }: NonNullable<RunFacts['outcomeScore']>) =>
  ({ of: 'vault', metric, value, interval: [low, high] }) as const;

/** An object without the members that are undefined. */
function defined<T extends object>(value: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, item]) => item !== undefined)) as never;
}

async function valuesHeldIn(file: Uint8Array): Promise<NonNullable<RunFacts['valuesHeld']>> {
  const [{ checkModel }, { readSignature }, { valuesHeldBy }] = await Promise.all([
    import('./onnx/check-model.ts'),
    import('./onnx/read-signature.ts'),
    import('./tools/report/values-held.ts'),
  ]);
  return valuesHeldBy(readSignature(checkModel(file)));
}

async function readJson<T>(session: RunSession, hash: string): Promise<T> {
  return JSON.parse(new TextDecoder().decode(await session.store.blobs.get(hash))) as T;
}

/** Charts are drawn in a process of their own: they take longer than the host's event loop should wait. */
async function renderReport(facts: RunFacts): Promise<string> {
  const { childWorkbench } = await import('./core/child-workbench.ts');
  const bench = childWorkbench({ blobs: '', sources: {}, cores: 1, learners: [] });
  try {
    const { html } = (await bench.call(
      'report',
      { facts: facts as unknown as Json },
      { signal: new AbortController().signal },
    )) as { html: string };
    return html;
  } finally {
    bench.close();
  }
}
