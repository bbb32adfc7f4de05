import { access } from 'node:fs/promises';
import { join } from 'node:path';
import type { Agent } from '../agents/agent.ts';
import { childWorkbench } from '../core/child-workbench.ts';
import { TrainerError } from '../core/errors.ts';
import type { Json } from '../core/helpers/canonical-json.ts';
import { withMetrics } from '../core/metric-scope.ts';
import { restartRun } from '../core/start-run.ts';
import type { RunStore } from '../core/store.ts';
import { usesMetric } from '../core/uses-metric.ts';
import type { Workbench } from '../core/workbench.ts';
import { factsOf } from '../finish.ts';
import { hostWorkbench } from '../host-workbench.ts';
import type { OwnMetric } from '../tools/evaluate/define-metric.ts';
import { loadMetrics, metricsOfRun } from '../tools/evaluate/metric-registry.ts';
import { factsOfMetric } from '../tools/evaluate/own-metric.ts';
import type { RunFacts } from '../tools/report/report-facts.ts';
import { checkBlobs } from './check-blobs.ts';
import { checkOutputs } from './check-outputs.ts';
import type { VerifyCheck } from './compare.ts';
import { recomputeCalls } from './recompute-calls.ts';
import { replayStages } from './replay-stages.ts';
import { openStoredRun, Unfinished } from './stored-run.ts';

/** Options of {@link verifyRun}. */
export interface VerifyOptions {
  /** Folder with `model.onnx`, `card.json`, `card.md` and `report.html` of the run. @default none is looked at */
  readonly outputs?: string;
  /** Agents that the run was made with. */
  readonly agents?: readonly Agent[];
  /** Module URLs of learners that the run was made with. */
  readonly learners?: readonly string[];
  /** Metrics that the run was made with. A run with one that is not given can't be verified: its numbers are told as open. */
  readonly metrics?: readonly (URL | OwnMetric)[];
  /** Threads. @default 1 */
  readonly cores?: number;
}

/**
 * Computes every number that a run reported again, without training: the journal's checksums, each blob's hash, each
 * recorded result from what it was made of (stored tables, out-of-fold predictions, fitted models, the model file and the
 * vault), each message and report from the records. Clocked numbers are held against their record. Nothing is written, and
 * the vault's rows are read for the model that has read them.
 *
 * @param folder - of the journal and the blobs
 * @throws {TrainerError} RUN_NOT_FOUND, FORMAT_VERSION, STORE_FAILED, RUN_CHILD_FAILED
 */
export async function verifyRun(folder: string, options: VerifyOptions = {}): Promise<readonly VerifyCheck[]> {
  let store: RunStore;
  try {
    store = await openStoredRun(folder);
  } catch (error) {
    if (!TrainerError.isInstance(error) || error.code !== 'JOURNAL_DAMAGED') throw error;
    const name = `journal record ${String(error.details.record ?? 1)}`;
    // Nothing that follows it can be believed.
    return [{ name, reported: 'as it was written', found: error.message, ok: false }];
  }
  const count = `${store.records.length} records`;
  const checks: VerifyCheck[] = [{ name: 'journal', reported: count, found: count, ok: true }];
  checks.push(...(await checkBlobs(store)));
  const metrics = metricsOfRun(restartRun(store).input.ownMetrics, await loadMetrics(options.metrics ?? []));
  const work = {
    blobs: `${folder}/blobs`,
    sources: {},
    cores: options.cores ?? 1,
    learners: options.learners ?? [],
    metrics: {
      modules: (options.metrics ?? []).flatMap((metric) => (metric instanceof URL ? [metric.href] : [])),
      facts: metrics.filter((metric) => metric.where === 'host' || metric.definition === undefined).map(factsOfMetric),
    },
  };
  const bench = childWorkbench(work);
  const host = hostWorkbench(work, [], metrics);
  const onHost = metrics.filter(({ where, definition }) => where === 'host' && definition !== undefined);
  try {
    const benchOf = (input: Json) =>
      usesMetric(
        input,
        onHost.map(({ name }) => name),
      )
        ? host
        : bench;
    checks.push(...(await withMetrics(metrics, () => recomputeCalls(store, benchOf))));
    const replayed = await withMetrics(metrics, () => replay(store, options.agents ?? []));
    checks.push(...replayed.checks);
    // A journal that was cut behind a record looks like an earlier state; files that only a finished run writes betray it.
    if (
      options.outputs !== undefined &&
      !store.records.some(({ body }) => body.kind === 'end') &&
      (await exists(join(options.outputs, 'card.json')))
    )
      checks.push({
        name: 'journal ends',
        reported: 'the run was finished',
        found: 'the journal has no end',
        ok: false,
      });
    if (options.outputs !== undefined && replayed.facts !== undefined)
      checks.push(
        ...(await withMetrics(metrics, () =>
          checkOutputs(options.outputs!, replayed.facts!, (facts) => reportOf(bench, facts), versionOf(store)),
        )),
      );
  } finally {
    bench.close();
  }
  return checks;
}

/** What is told about the run, from its records. */
async function replay(
  store: RunStore,
  agents: readonly Agent[],
): Promise<{ readonly checks: readonly VerifyCheck[]; readonly facts?: RunFacts }> {
  const said = store.records.filter(({ body }) => body.kind === 'message').length;
  const ended = store.records.findLast(({ body }) => body.kind === 'end')?.body;
  const name = 'messages follow from the records';
  try {
    const { session, end } = await replayStages(store, agents);
    const checks = [{ name, reported: `${said} messages`, found: `${said} messages`, ok: true }];
    const seconds = ended?.kind === 'end' ? ended.seconds : undefined;
    return seconds === undefined ? { checks } : { checks, facts: await factsOf(session, end, seconds) };
  } catch (error) {
    // A run that was aborted, or stopped by the host, has told what its journal holds up to there, and no more.
    if (error instanceof Unfinished && (ended?.kind !== 'end' || ended.status !== 'complete')) return { checks: [] };
    const found = error instanceof Error ? error.message : String(error);
    return { checks: [{ name, reported: `${said} messages`, found, ok: false }] };
  }
}

async function reportOf(bench: Workbench, facts: RunFacts): Promise<string> {
  const { html } = (await bench.call(
    'report',
    { facts: facts as unknown as Json },
    { signal: new AbortController().signal },
  )) as { html: string };
  return html;
}

function versionOf(store: RunStore): string {
  const first = store.records[0]!.body;
  return first.kind === 'run' ? first.version : '';
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
