import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { childWorkbench } from './core/child-workbench.ts';
import { TrainerError } from './core/errors.ts';
import { blobFolder } from './core/helpers/blob-folder.ts';
import type { Json } from './core/helpers/canonical-json.ts';
import { withMetrics } from './core/metric-scope.ts';
import { readModelFile } from './core/read-model-file.ts';
import type { DataSource } from './core/request.ts';

import { spoolRecords } from './core/spool.ts';
import { hostWorkbench } from './host-workbench.ts';
import type { CompareOptions, EvaluateOptions, ModelSource } from './judge-models.ts';
import type { JudgeInput, JudgeOutput } from './tools/actions/judge.ts';
import { checkMapping, type ModelMapping } from './tools/artefact/model-mapping.ts';
import { loadMetrics } from './tools/evaluate/metric-registry.ts';
import type { ScopedMetric } from './tools/evaluate/own-metric.ts';
import { comparisonOf, type Evaluation, evaluationOf, type ModelComparison } from './tools/report/judged.ts';

/** What `evaluate` of the entry does. */
export async function evaluate(
  model: ModelSource,
  data: DataSource,
  options: EvaluateOptions = {},
): Promise<Evaluation> {
  const metrics = await ownOf(options);
  const { judged } = await judge([model], data, options, metrics);
  return withMetrics(metrics, () => evaluationOf(judged[0]!));
}

/** What `compare` of the entry does. */
export async function compare(
  first: ModelSource,
  second: ModelSource,
  data: DataSource,
  options: CompareOptions = {},
): Promise<ModelComparison> {
  const { margin } = options;
  if (margin !== undefined && !(Number.isFinite(margin) && margin >= 0))
    throw new TrainerError('REQUEST_INVALID', `Expected margin to be a number of at least 0, got ${String(margin)}.`);
  const metrics = await ownOf(options);
  const judged = await judge([first, second], data, options, metrics);
  return withMetrics(metrics, () => comparisonOf(judged, margin));
}

/** The host's own metrics among those that are asked for. */
function ownOf({ metrics = [] }: EvaluateOptions): Promise<readonly ScopedMetric[]> {
  return loadMetrics(metrics.filter((metric) => typeof metric !== 'string'));
}

async function judge(
  sources: readonly ModelSource[],
  data: DataSource,
  options: EvaluateOptions,
  own: readonly ScopedMetric[],
): Promise<JudgeOutput> {
  checkOptions(options);
  const signal = options.signal ?? new AbortController().signal;
  const folder = await mkdtemp(join(tmpdir(), 'traineragent-'));
  try {
    const blobs = blobFolder(join(folder, 'blobs'));
    const models: JudgeInput['models'][number][] = [];
    for (const source of sources) {
      const { bytes, mapping } = await opened(source);
      models.push({ model: await blobs.put(bytes), ...(mapping === undefined ? {} : { mapping }) });
    }
    const isFile = typeof data === 'string' || data instanceof URL;
    const path = isFile
      ? data instanceof URL
        ? fileURLToPath(data)
        : resolve(data)
      : join(folder, 'blobs', await spoolRecords(data, blobs, signal));
    const { reading, cores = availableParallelism(), signal: _signal, metrics, ...how } = options;
    const left = [...own];
    const asked = metrics?.map((metric) => (typeof metric === 'string' ? metric : left.shift()!.name));
    const input: JudgeInput = {
      models,
      isSpool: !isFile,
      ...(reading === undefined ? {} : { reading }),
      options: { ...how, ...(asked === undefined ? {} : { metrics: asked }) },
    };
    const work = {
      blobs: join(folder, 'blobs'),
      sources: { data: path },
      cores,
      learners: [],
      metrics: {
        modules: (metrics ?? []).flatMap((metric) => (metric instanceof URL ? [metric.href] : [])),
        facts: [],
      },
    };
    const bench = own.some(({ where }) => where === 'host') ? hostWorkbench(work, [], own) : childWorkbench(work);
    try {
      return (await bench.call('judge', input as unknown as Json, { signal })) as unknown as JudgeOutput;
    } finally {
      bench.close();
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function opened(source: ModelSource): Promise<{ bytes: Uint8Array; mapping?: ModelMapping }> {
  if (typeof source === 'string' || source instanceof URL) return { bytes: await readModelFile(source) };
  if (source instanceof Uint8Array) return { bytes: source };
  if ('mapping' in source) {
    const { model } = source;
    return {
      bytes: model instanceof Uint8Array ? model : await readModelFile(model),
      mapping: checkMapping(source.mapping),
    };
  }
  return { bytes: source.bytes };
}

function checkOptions({ level, resamples, cores, seed }: EvaluateOptions): void {
  const refuse = (name: string, form: string, value: unknown): never => {
    throw new TrainerError('REQUEST_INVALID', `Expected ${name} to be ${form}, got ${String(value)}.`);
  };
  if (level !== undefined && !(level > 0 && level < 1)) refuse('level', 'a share between 0 and 1', level);
  for (const [name, value, least] of [
    ['resamples', resamples, 100],
    ['cores', cores, 1],
    ['seed', seed, 0],
  ] as const)
    if (value !== undefined && !(Number.isInteger(value) && value >= least))
      refuse(name, `a whole number of at least ${least}`, value);
}
