import { TrainerError } from '../../core/errors.ts';
import { loadModel } from '../artefact/model.ts';
import { applyPreparation } from '../data/prepare/apply-preparation.ts';
import { applyCalibration } from '../evaluate/calibration.ts';
import { applyDecision, type DecisionRule } from '../evaluate/decision.ts';
import { applyBlend } from '../evaluate/ensemble.ts';
import { isBuiltIn } from '../learn/learner-registry.ts';
import { defineAction } from './action.ts';
import { type AssembleInput, assemble, sampleOf } from './assemble.ts';
import { type SubstituteRuntime, substituteRuntime } from './substitute-runtime.ts';

export type FreezeInput = AssembleInput;

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

/** Puts preparation, members, calibration and decision into one file, and proves it against the learners' own prediction. */
export const freeze = defineAction<FreezeInput, FreezeOutput>({
  name: 'freeze',
  async run(input, context) {
    const { problem, classes, calibration, decision } = input;
    const { artefact, members, table, preparation } = await assemble(input, context);
    const sample = sampleOf(table, comparedRows);
    const features = applyPreparation(sample, preparation);
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
