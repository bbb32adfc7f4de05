import { TrainerError } from '../../core/errors.ts';
import { canonicalJson, type Json } from '../../core/helpers/canonical-json.ts';
import { decodeArrays } from '../../core/helpers/encode-arrays.ts';
import { readOnlyBlobs } from '../../core/helpers/read-only-blobs.ts';
import { decodeTable } from '../data/columnar/encode-table.ts';
import { profileTable } from '../data/profile/profile-table.ts';
import { foldRows } from '../data/split/folds.ts';
import { searchScore } from '../evaluate/search-score.ts';
import { readModel } from '../learn/model-blob.ts';
import { readTrainingSet, takeRowsOf } from '../learn/training-set.ts';
import { type Action, type ActionContext, defineAction } from './action.ts';
import type { CollectOutput } from './collect.ts';
import type { ConvertInput, ConvertOutput } from './convert.ts';
import { type NestedInput, type NestedOutput, nestedScores } from './nested.ts';
import type { RefitInput, RefitOutput } from './refit.ts';
import type { TrialInput, TrialOutput } from './trial.ts';

export interface RecomputeInput {
  /** A call that a journal holds: its tool, what it took and what it gave. */
  readonly tool: string;
  readonly input: Json;
  readonly output: Json;
}

export interface RecomputeOutput {
  /** What of the output can be computed again without training; absent where nothing can. */
  readonly output?: Json;
  /** The same part of what was recorded. */
  readonly recorded?: Json;
}

type Recount = (input: never, output: never, context: ActionContext) => Promise<Readonly<Record<string, unknown>>>;

/** Actions that train nothing and read no clock: they are made again, whole. */
const replayed: Readonly<Record<string, () => Promise<Action<never, object>>>> = {
  split: async () => (await import('./split.ts')).split,
  clean: async () => (await import('./clean.ts')).clean,
  check: async () => (await import('./check.ts')).check,
  prepare: async () => (await import('./prepare.ts')).prepare,
  propose: async () => (await import('./propose.ts')).propose,
  combine: async () => (await import('./combine.ts')).combine,
  decide: async () => (await import('./decide.ts')).decide,
  'judge-forms': async () => (await import('./judge-forms.ts')).judgeForms,
  freeze: async () => (await import('./freeze.ts')).freeze,
  explain: async () => (await import('./explain.ts')).explain,
  importance: async () => (await import('./importance.ts')).importance,
  evaluate: async () => (await import('./evaluate.ts')).evaluate,
  describe: async () => (await import('./describe.ts')).describe,
};

/** What can be counted again of the results of the others, from what they have stored. */
const recounted: Readonly<Record<string, Recount>> = {
  async collect(_input: Json, { table: hash }: CollectOutput, { blobs }) {
    const table = decodeTable(await blobs.get(hash));
    const { duplicateRows, columns } = profileTable(table);
    return {
      rowCount: table.rowCount,
      duplicateRows,
      columns: columns.map(({ name, kind, missing, distinct, identifier }) => ({
        name,
        kind,
        missing,
        distinct,
        identifier,
      })),
    };
  },
  async trial({ set: hash, fits, metric }: TrialInput, { predictions, logLosses }: TrialOutput, context) {
    if (predictions === undefined) return {};
    const set = await readTrainingSet(hash, context);
    const { arrays } = decodeArrays(await context.blobs.get(predictions));
    const scoresBy = (by: TrialInput['metric']) =>
      fits.map(({ repeat, fold }) => {
        const rows = takeRowsOf(set, foldRows(set.folds, repeat, fold).validation);
        return searchScore(by, set.problem, rows, arrays[`fit${repeat}-${fold}`] as Float64Array);
      });
    return {
      scores: scoresBy(metric),
      ...(logLosses === undefined ? {} : { logLosses: scoresBy('logLoss').map((score) => -score) }),
    };
  },
  async refit({ set: hash, features }: RefitInput, { model, importance }: RefitOutput, context) {
    const fitted = await readModel(model, context.blobs, context.learner);
    const set = await readTrainingSet(hash, context);
    const own = fitted.importance();
    const whole = importance.map(() => 0);
    const count = set.features.numbers.length + set.features.categories.length;
    (features ?? Array.from({ length: count }, (_, i) => i)).forEach((feature, i) => {
      whole[feature] = own[i] ?? 0;
    });
    return {
      sizeBytes: (await context.blobs.get(model)).length,
      operationsPerRow: fitted.operationsPerRow,
      importance: whole,
    };
  },
  async nested({ metrics }: NestedInput, { outOfFold }: NestedOutput, { blobs }) {
    return { ...nestedScores(decodeArrays(await blobs.get(outOfFold)), metrics) };
  },
  async convert({ times: _times, ...input }: ConvertInput, output: ConvertOutput, context) {
    const { convert } = await import('./convert.ts');
    const found = await convert.run(input, context);
    // What a browser predicts with may be installed here and not there.
    return Object.fromEntries(
      Object.entries(found).filter(([name]) => name !== 'runtime' && Object.hasOwn(output, name)),
    );
  },
  async measure({ model }: { readonly model: string }, _output: Json, { blobs }) {
    return { sizeBytes: (await blobs.get(model)).length };
  },
};

/**
 * Computes the result of a recorded call again without training, and without leaving anything behind: from the stored
 * tables, out-of-fold predictions, fitted models, and the model file.
 */
export const recompute = defineAction<RecomputeInput, RecomputeOutput>({
  name: 'recompute',
  async run({ tool, input, output }, context) {
    const looking = { ...context, blobs: readOnlyBlobs(context.blobs) };
    if (Object.hasOwn(replayed, tool)) {
      const action = await replayed[tool]!();
      return { output: plain(await action.run(input as never, looking)), recorded: output };
    }
    if (!Object.hasOwn(recounted, tool)) return {};
    const counted = plain(await recounted[tool]!(input as never, output as never, looking));
    const names = Object.keys(counted);
    if (typeof output !== 'object' || output === null || Array.isArray(output))
      throw new TrainerError('JOURNAL_DAMAGED', `Expected the recorded result of "${tool}" to be an object.`);
    const recorded = output as { readonly [key: string]: Json | undefined };
    return {
      output: counted,
      recorded: Object.fromEntries(names.map((name) => [name, recorded[name] ?? null])),
    };
  },
});

/** As the journal would hold it. */
const plain = (value: object): { readonly [key: string]: Json | undefined } =>
  JSON.parse(canonicalJson(value)) as { readonly [key: string]: Json | undefined };
