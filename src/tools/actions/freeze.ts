import { TrainerError } from '../../core/errors.ts';
import type { Json } from '../../core/helpers/canonical-json.ts';
import type { ModelSignature, SignatureInput } from '../../onnx/signature.ts';
import { buildArtefact } from '../artefact/build-artefact.ts';
import { loadModel } from '../artefact/model.ts';
import { decodeTable } from '../data/columnar/encode-table.ts';
import { applyPreparation } from '../data/prepare/apply-preparation.ts';
import { missingCategory } from '../data/prepare/missing-category.ts';
import type { Preparation } from '../data/prepare/preparation.ts';
import { takeRows } from '../data/rows.ts';
import type { Table } from '../data/table.ts';
import { applyCalibration, type Calibration } from '../evaluate/calibration.ts';
import type { Conformal } from '../evaluate/conformal.ts';
import { applyDecision, type DecisionRule } from '../evaluate/decision.ts';
import { applyBlend } from '../evaluate/ensemble.ts';
import { makeNotes } from '../explain/make-notes.ts';
import type { Problem } from '../learn/learner.ts';
import { isBuiltIn } from '../learn/learner-registry.ts';
import { readModel } from '../learn/model-blob.ts';
import { widenModel } from '../learn/select-features.ts';
import { referenceOfTraining } from '../serve/drift/reference-of-training.ts';
import { defineAction } from './action.ts';
import { type SubstituteRuntime, substituteRuntime } from './substitute-runtime.ts';

export interface FreezeInput {
  /** Blob of the preparation and the signature's inputs. */
  readonly preparation: string;
  /** Blob of rows on which the file is held against the learners' own prediction. */
  readonly train: string;
  readonly problem: Problem;
  readonly target: string;
  readonly unit?: string;
  readonly classes: readonly string[];
  readonly members: readonly {
    readonly model: string;
    readonly weight: number;
    readonly features?: readonly number[];
  }[];
  readonly numberCount: number;
  readonly calibration: Calibration;
  readonly decision?: DecisionRule;
  readonly interval?: Conformal;
  /** Blob of the predictions that the fits of validation made, and how often each row comes in them; without it the file tells nothing of training. */
  readonly validation?: { readonly outOfFold: string; readonly repeats: number };
  /** The clock-free card. */
  readonly card: Readonly<Record<string, Json>>;
}

export interface FreezeOutput {
  /** Hash of the file, which is its blob. */
  readonly model: string;
  readonly sizeBytes: number;
  readonly operationsPerRow: number;
  /** Greatest difference from the learners' own prediction, relative to max(1, magnitude), over `rows` rows. */
  readonly maxDifference: number;
  /** Labels that differ beyond ties. */
  readonly labelDifferences: number;
  readonly rows: number;
  /** What computed in place of a faster library; also what trained, which is the same process. */
  readonly runtime?: SubstituteRuntime;
}

/** What the file may differ by from the learners' own prediction. */
const tolerance = 1e-5;
const comparedRows = 2000;
/** Rows that explanations and the reference of drift are counted on. */
const countedRows = 20_000;

/** At most so many rows, evenly spaced. */
function sampleOf(table: Table, most: number): Table {
  const step = Math.max(1, Math.floor(table.rowCount / most));
  return takeRows(
    table,
    Uint32Array.from({ length: Math.min(most, table.rowCount) }, (_, i) => i * step),
  );
}

/** Puts preparation, members, calibration and decision into one file, and proves it against the learners' own prediction. */
export const freeze = defineAction<FreezeInput, FreezeOutput>({
  name: 'freeze',
  async run(input, context) {
    const { problem, classes } = input;
    const stored = JSON.parse(new TextDecoder().decode(await context.blobs.get(input.preparation))) as {
      preparation: Preparation;
      inputs: SignatureInput[];
    };
    const own = await Promise.all(
      input.members.map(async ({ model, ...member }) => ({
        ...member,
        model: await readModel(model, context.blobs, context.learner),
      })),
    );
    const members = own.map(({ model, weight, features }) => ({
      weight,
      model: widenModel(model, features, input.numberCount),
    }));
    const { calibration, decision, interval } = input;
    const signature: ModelSignature = {
      formatVersion: 1,
      task: problem.task,
      target: input.target,
      inputs: stored.inputs,
      missingCategory,
      output:
        problem.task === 'regression'
          ? {
              kind: 'regression',
              ...(input.unit === undefined ? {} : { unit: input.unit }),
              ...(interval === undefined ? {} : { interval: { coverage: interval.coverage } }),
            }
          : { kind: 'classification', classes, ...(problem.task === 'binary' ? { positive: classes[1]! } : {}) },
    };
    const table = decodeTable(await context.blobs.get(input.train));
    const counted = sampleOf(table, countedRows);
    const explanation = makeNotes(own, applyPreparation(counted, stored.preparation), stored.preparation);
    const { validation } = input;
    const reference =
      validation &&
      referenceOfTraining(signature, counted, {
        outOfFold: await context.blobs.get(validation.outOfFold),
        repeats: validation.repeats,
      });
    const artefact = buildArtefact({
      signature,
      preparation: stored.preparation,
      members,
      ...(calibration.kind === 'none' ? {} : { calibration }),
      ...(decision === undefined ? {} : { decision }),
      ...(interval === undefined ? {} : { conformal: interval }),
      ...(explanation === undefined ? {} : { explanation }),
      ...(reference === undefined ? {} : { reference }),
      card: input.card,
    });

    const sample = sampleOf(table, comparedRows);
    const features = applyPreparation(sample, stored.preparation);
    const blended = applyBlend(
      members.map(({ weight }) => weight),
      members.map(({ model }) => model.predict(features)),
    );
    const expected = applyCalibration(calibration, blended, problem.classCount);
    await using model = loadModel(artefact.bytes, await context.backend(), { where: 'inline' });
    const predicted = await model.predictTable(sample);
    let maxDifference = 0;
    let labelDifferences = 0;
    const theirsAt = (i: number): number => {
      if (predicted.kind === 'regression') return predicted.values[i]!;
      return problem.task === 'binary' ? predicted.probabilities[2 * i + 1]! : predicted.probabilities[i]!;
    };
    for (let i = 0; i < expected.length; i++) {
      const difference = Math.abs(expected[i]! - theirsAt(i)) / Math.max(1, Math.abs(expected[i]!));
      if (!(difference <= maxDifference)) maxDifference = difference;
    }
    if (predicted.kind === 'classification') {
      const width = classes.length;
      if (decision !== undefined) {
        const labels = applyDecision(decision, expected);
        labels.forEach((label, row) => {
          const theirs = classes.indexOf(predicted.labels[row]!);
          if (
            theirs !== label &&
            !isTie(decision, predicted.probabilities.subarray(row * width, (row + 1) * width), label, theirs)
          )
            labelDifferences++;
        });
      }
    }
    if (!(maxDifference <= tolerance) || labelDifferences > 0) {
      const foreign = members.find((member) => !isBuiltIn(member.model.learner))?.model.learner;
      if (foreign !== undefined) {
        throw new TrainerError(
          'PLUGIN_INVALID',
          `Expected the graph of learner "${foreign}" to predict what its predict() does, within ${tolerance}; got a difference of ${maxDifference} and ${labelDifferences} other labels. Compare its toGraph() with predict(), and revive() with what fit() gave.`,
          { details: { learner: foreign, maxDifference, labelDifferences } },
        );
      }
      throw new TrainerError(
        'INTERNAL',
        `Expected the model file to predict what its learners predict, within ${tolerance}; got a difference of ${maxDifference} and ${labelDifferences} other labels. Please report it.`,
        {
          details: { maxDifference, labelDifferences },
        },
      );
    }
    const runtime = await substituteRuntime(context);
    const hash = await context.blobs.put(artefact.bytes);
    return {
      model: hash,
      sizeBytes: artefact.bytes.length,
      operationsPerRow: members.reduce((sum, member) => sum + member.model.operationsPerRow, 0),
      maxDifference,
      labelDifferences,
      rows: sample.rowCount,
      ...(runtime === undefined ? {} : { runtime }),
    };
  },
});

/** Whether two classes are so close by the rule that rounding to float32 decides between them. */
function isTie(decision: DecisionRule, probabilities: Float32Array, a: number, b: number): boolean {
  const edge = 1e-5;
  if (decision.kind === 'threshold') return Math.abs(probabilities[1]! - decision.threshold) <= edge;
  return Math.abs(probabilities[a]! * decision.multipliers[a]! - probabilities[b]! * decision.multipliers[b]!) <= edge;
}
