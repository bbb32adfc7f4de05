import { access, open, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { systemClock, systemIds } from '../core/clock.ts';
import { TrainerError } from '../core/errors.ts';
import type { RunRequest } from '../core/request.ts';
import type { Store } from '../core/store.ts';
import { type BuiltInMetric, metricIds } from '../core/task-spec.ts';
import { version } from '../core/version.ts';
import type { EvaluateOptions, ModelSource } from '../judge-models.ts';
import type { LanguageModel } from '../llm/language-model.ts';
import type { ModelMapping } from '../tools/artefact/model-mapping.ts';
import { keyFor, type LlmChoice } from './llm-option.ts';
import { loadPlugins } from './plugins-option.ts';
import type {
  CliModel,
  CliParts,
  CliServices,
  JudgeCommand,
  JudgedFile,
  TrainCommand,
  VerifyOutcome,
} from './services.ts';

/** The commands' needs, met by the library; each part loads with the command that uses it. */
export function systemServices(): CliServices {
  const trainerWith = async (store: Store | undefined, { llm: choice, plugins }: CliParts) => {
    const { Trainer } = await import('../trainer.ts');
    const llm = choice === undefined ? {} : { llm: await languageModel(choice) };
    return new Trainer({ ...(store === undefined ? {} : { store }), ...llm, ...(await loadPlugins(plugins)) });
  };
  const trainerIn = async (folder: string, parts: CliParts) => {
    const { runFolder } = await import('../core/file-store.ts');
    return trainerWith(runFolder(folder), parts);
  };
  return {
    version,
    newRunId: () => systemIds(systemClock).runId(),
    async train({ runId, ...asked }, folder) {
      return (await trainerIn(folder, asked)).run({ runId, ...requestOf(asked) });
    },
    async plan(asked) {
      return (await trainerWith(undefined, asked)).plan(requestOf(asked));
    },
    async fork(from, to, { runId, at, answer, ...parts }) {
      const { forkFolder } = await import('../core/file-store.ts');
      const trainer = await trainerWith(forkFolder(from, to), parts);
      return trainer.fork(await runIdOf(from), { runId, at: at as 'task.plan', answer: answer as never });
    },
    async resume(folder, answers, parts) {
      return (await trainerIn(folder, parts)).resume(await runIdOf(folder), { answers });
    },
    async evaluate(model, { dataPath, ...asked }) {
      const { evaluate } = await import('../evaluate-model.ts');
      return evaluate(sourceOf(model), dataPath, await judgeOptionsOf(asked));
    },
    async compare(first, second, { dataPath, margin, ...asked }) {
      const { compare } = await import('../evaluate-model.ts');
      const options = { ...(await judgeOptionsOf(asked)), ...(margin === undefined ? {} : { margin }) };
      return compare(sourceOf(first), sourceOf(second), dataPath, options);
    },
    verify,
    loadModel: openModel,
    async openStore(folder) {
      const [{ modelStore }, { promoted, rolledBack }, { readModelFile }] = await Promise.all([
        import('../tools/serve/model-store.ts'),
        import('../tools/serve/model-labels.ts'),
        import('../core/read-model-file.ts'),
      ]);
      const { resolve, versions, labels, add, change } = modelStore(folder);
      return {
        addFile: async (path) => add(await readModelFile(path), await cardBeside(path)),
        resolve,
        versions,
        labels,
        promote: (promotion) => change((current) => promoted(current, promotion)),
        rollback: (label) => change((current) => rolledBack(current, label)),
      };
    },
    async openService(path, options) {
      const [{ createService, modelStore }, { loadModel }] = await Promise.all([
        import('../serve.ts'),
        import('../load-model.ts'),
      ]);
      if (typeof path !== 'string') {
        const store = modelStore(path.store);
        const service = await createService({ ...path, store }, options);
        const { signature } = await loadModel(await store.get(await store.resolve(path.label)));
        return { signature, listen: service.listen, close: service.close };
      }
      const model = await loadModel(path);
      const { expectedOfCard } = await import('../tools/serve/drift/expected-score.ts');
      const expected = expectedOfCard((await cardBeside(path)) ?? '', model.hash);
      const service = await createService(model, { ...options, ...(expected === undefined ? {} : { expected }) });
      return { signature: model.signature, listen: service.listen, close: service.close };
    },
    conversions: {
      convert: async (...given) => (await import('../convert.ts')).convert(...given),
      convertToModule: async (...given) => (await import('../convert.ts')).convertToModule(...given),
      convertToBrowser: async (...given) => (await import('../convert.ts')).convertToBrowser(...given),
    },
    async predictFile(path, model, options) {
      const [{ predictFile }, { onnxBackend }] = await Promise.all([
        import('../tools/bulk/predict-file.ts'),
        import('../backends/onnx/onnx-backend.ts'),
      ]);
      const opened = models.get(model);
      if (!opened) throw new TrainerError('INTERNAL', 'Expected a model that was opened here.');
      return predictFile(path, opened.bytes, onnxBackend(), options);
    },
  };
}

const sourceOf = ({ path, mapping }: JudgedFile): ModelSource =>
  mapping === undefined ? path : { model: path, mapping: mapping as ModelMapping };

async function judgeOptionsOf({ metric, plugins, ...asked }: Omit<JudgeCommand, 'dataPath'>): Promise<EvaluateOptions> {
  const { metrics: own = [] } = await loadPlugins(plugins);
  if (metric === undefined) return { ...asked, ...(own.length === 0 ? {} : { metrics: own }) };
  const isBuiltIn = (metricIds as readonly string[]).includes(metric);
  if (isBuiltIn) return { ...asked, metrics: [metric as BuiltInMetric] };
  const { loadMetrics } = await import('../tools/evaluate/metric-registry.ts');
  const names = (await loadMetrics(own)).map(({ name }) => name);
  const found = own[names.indexOf(metric)];
  if (found === undefined)
    throw new TrainerError(
      'REQUEST_INVALID',
      `Expected --metric to be one of ${[...names, ...metricIds].join(', ')}, got "${metric}".`,
    );
  return { ...asked, metrics: [found] };
}

function requestOf({
  prompt,
  dataPath,
  target,
  seed,
  budget,
  encoding,
  delimiter,
  forms,
}: Omit<TrainCommand, 'runId' | 'llm'>): RunRequest {
  const reading = {
    ...(encoding === undefined ? {} : { encoding }),
    ...(delimiter === undefined ? {} : { delimiter }),
  };
  return {
    prompt,
    data: dataPath,
    ...(Object.keys(reading).length === 0 ? {} : { reading }),
    ...(target === undefined ? {} : { task: { target } }),
    ...(forms === undefined ? {} : { forms }),
    ...(seed === undefined ? {} : { seed }),
    ...(budget === undefined ? {} : { budget }),
  };
}

/** The model of a choice; its package loads with the first call. */
export async function languageModel(choice: LlmChoice): Promise<LanguageModel> {
  if (choice.provider === 'anthropic') return (await import('../llm/anthropic.ts')).anthropic({ model: choice.model });
  if (choice.provider === 'gguf') return (await import('../llm/llama-cpp.ts')).llamaCpp({ file: choice.file });
  const { openai } = await import('../llm/openai.ts');
  if (choice.provider !== 'compatible') return openai({ model: choice.model });
  const { baseURL, model } = choice;
  const apiKey = keyFor(baseURL, process.env);
  return openai({ model, baseURL, ...(apiKey === undefined ? {} : { apiKey }) });
}

/** Models that were opened, by what the commands see of them. */
const models = new WeakMap<CliModel, import('../tools/artefact/model.ts').Model>();

async function openModel(path: string): Promise<CliModel> {
  const { loadModel } = await import('../load-model.ts');
  const model = await loadModel(path);
  const shown: CliModel = {
    signature: model.signature,
    hash: model.hash,
    sizeBytes: model.sizeBytes,
    ...(model.card === undefined ? {} : { card: model.card }),
    predict: (records) => model.predict(records),
    close: async () => {
      await model[Symbol.asyncDispose]();
    },
  };
  models.set(shown, model);
  return shown;
}

/** The folder that `--out` named, or that of a journal itself: then there are no files beside it to look at. */
async function verify(folder: string, { plugins }: Pick<CliParts, 'plugins'>): Promise<VerifyOutcome> {
  const { verifyRun } = await import('../verify/verify-run.ts');
  const isRunFolder = await access(join(folder, 'journal.jsonl')).then(
    () => true,
    () => false,
  );
  const { agents, learners, metrics } = await loadPlugins(plugins);
  const modules = (learners ?? []).flatMap((learner) => (learner instanceof URL ? [learner.href] : []));
  const own = { learners: modules, ...(agents && { agents }), ...(metrics && { metrics }) };
  return {
    checks: isRunFolder
      ? await verifyRun(folder, own)
      : await verifyRun(join(folder, 'run'), { ...own, outputs: folder }),
  };
}

/** The id that the first record of a journal names; what is wrong with the journal is told by the store. */
async function runIdOf(folder: string): Promise<string> {
  const file = await open(join(folder, 'journal.jsonl')).catch((cause: NodeJS.ErrnoException) => {
    throw new TrainerError(
      'RUN_NOT_FOUND',
      `Expected a run in ${folder}, but there is no journal. Name the folder that train wrote.`,
      { cause },
    );
  });
  try {
    for await (const line of file.readLines()) {
      const { body } = JSON.parse(line) as { body?: { runId?: unknown } };
      return typeof body?.runId === 'string' ? body.runId : 'run';
    }
  } catch {
    // Not JSON: the store names the damaged record when it opens the run.
  } finally {
    await file.close();
  }
  return 'run';
}

/** The card that `train --out` wrote beside a model, where there is one. */
const cardBeside = (path: string): Promise<string | undefined> =>
  readFile(join(dirname(path), 'card.json'), 'utf8').catch(() => undefined);
