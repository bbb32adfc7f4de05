import { TrainerError } from '../../core/errors.ts';
import { encodeArrays } from '../../core/helpers/encode-arrays.ts';
import type { RoundedForm } from '../../core/helpers/model-forms.ts';
import type { MetricId } from '../../core/task-spec.ts';
import { checkModel } from '../../onnx/check-model.ts';
import { readSignature } from '../../onnx/signature.ts';
import type { PredictedRows } from '../artefact/decode-predictions.ts';
import { encodeTableForModel } from '../artefact/encode-table.ts';
import { mostComparedRows, predictAll, roundModel } from '../convert/convert-model.ts';
import { foldRows } from '../data/split/folds.ts';
import { searchScore } from '../evaluate/search-score.ts';
import { readTrainingSet, takeRowsOf } from '../learn/training-set.ts';
import { defineAction } from './action.ts';
import { type AssembleInput, assemble } from './assemble.ts';

export interface JudgeFormsInput extends Omit<AssembleInput, 'members'> {
  /** Blob of the training set. */
  readonly set: string;
  readonly fits: readonly { readonly repeat: number; readonly fold: number }[];
  readonly metric: MetricId;
  readonly forms: readonly RoundedForm[];
  readonly members: readonly {
    /** Blobs of the fitted models, one a fit. */
    readonly models: readonly string[];
    readonly weight: number;
    readonly features?: readonly number[];
  }[];
}

export interface JudgeFormsOutput {
  /** Of the files as they were trained; a number a fit, greater is better. */
  readonly scores: readonly number[];
  readonly forms: readonly {
    readonly form: RoundedForm;
    /** Why the files of the fits can't be had in it. */
    readonly refused?: string;
    readonly scores?: readonly number[];
    /** Blob of the predictions on the validation rows, an array a fit. */
    readonly predictions?: string;
  }[];
}

/**
 * Makes each form of the files that the fits of validation would become, and scores it on the rows that they have not seen. Static int8 is
 * calibrated on the rows that the fit has learnt from.
 */
export const judgeForms = defineAction<JudgeFormsInput, JudgeFormsOutput>({
  name: 'judge-forms',
  async run(input, context) {
    const { set: hash, fits, metric, forms, members, ...parts } = input;
    const set = await readTrainingSet(hash, context);
    const backend = await context.backend();
    const scores: number[] = [];
    const judged = forms.map((form): Judged => ({ form, scores: [], arrays: {}, refused: undefined }));
    for (const [index, { repeat, fold }] of fits.entries()) {
      const { artefact, table } = await assemble(
        { ...parts, members: members.map(({ models, ...member }) => ({ ...member, model: models[index]! })) },
        context,
      );
      const { bytes } = artefact;
      const signature = readSignature(checkModel(bytes));
      const rows = foldRows(set.folds, repeat, fold);
      const validation = takeRowsOf(set, rows.validation);
      const tensors = encodeTableForModel(signature, table, rows.validation);
      const score = async (file: Uint8Array) => {
        const predicted = valuesOf(await predictAll(file, tensors, backend), set.problem.task === 'binary');
        return { predicted, score: searchScore(metric, set.problem, validation, predicted) };
      };
      scores.push((await score(bytes)).score);
      const step = Math.max(1, Math.ceil(rows.train.length / mostComparedRows));
      const calibration = encodeTableForModel(
        signature,
        table,
        rows.train.filter((_, i) => i % step === 0),
      );
      for (const one of judged) {
        if (one.refused !== undefined) continue;
        try {
          const file = await roundModel(bytes, one.form, calibration, backend);
          const result = await score(file.bytes);
          one.scores.push(result.score);
          one.arrays[`fit${repeat}-${fold}`] = result.predicted;
        } catch (error) {
          if (!TrainerError.isInstance(error) || error.code !== 'MODEL_UNSUPPORTED') throw error;
          one.refused = error.message;
        }
      }
      context.progress((index + 1) / fits.length);
    }
    return {
      scores,
      forms: await Promise.all(
        judged.map(async ({ form, scores: own, arrays, refused }) =>
          refused === undefined
            ? { form, scores: own, predictions: await context.blobs.put(encodeArrays({}, arrays)) }
            : { form, refused },
        ),
      ),
    };
  },
});

interface Judged {
  readonly form: RoundedForm;
  readonly scores: number[];
  readonly arrays: Record<string, Float64Array>;
  refused: string | undefined;
}

/** As learners predict: values, the probability of the second of two classes, or of each class, row by row. */
function valuesOf(predicted: PredictedRows, isBinary: boolean): Float64Array {
  if (predicted.kind === 'regression') return Float64Array.from(predicted.values);
  const { probabilities, rowCount } = predicted;
  return isBinary
    ? Float64Array.from({ length: rowCount }, (_, row) => probabilities[2 * row + 1]!)
    : Float64Array.from(probabilities);
}
