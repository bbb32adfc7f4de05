import { TrainerError } from '../../core/errors.ts';
import { printed } from '../printed.ts';
import { printSignature, type Signature } from './layer-definition.ts';
import { within } from './within.ts';

/** Which output is held against which target. */
interface LossPlace {
  /** An output of the network. @default its only one */
  readonly output?: string;
  /** A tensor of the data's targets. @default its only one */
  readonly target?: string;
}

/** Logits [classes] against a class (int64 []) or probabilities (float32 [classes]). */
export interface CrossEntropyLoss extends LossPlace {
  readonly kind: 'cross-entropy';
  /** A weight for each class; the mean is weighted, as in PyTorch. Not with probabilities as targets. */
  readonly classWeights?: readonly number[];
  /** The share of each label that is spread over all classes. @default 0 */
  readonly labelSmoothing?: number;
  /**
   * A label that counts for nothing: positions of a masked language model that were not masked, or padding. The mean is
   * over the others. Not with probabilities as targets. @default none
   */
  readonly ignoreIndex?: number;
}

/** One logit a value against 0 or 1 (or a probability). */
export interface BinaryCrossEntropyLoss extends LossPlace {
  readonly kind: 'binary-cross-entropy';
  /** The weight of positives. @default 1 */
  readonly positiveWeight?: number;
}

/** Mean of squares. */
export interface MeanSquaredErrorLoss extends LossPlace {
  readonly kind: 'mean-squared-error';
}

/** Mean of absolute values. */
export interface MeanAbsoluteErrorLoss extends LossPlace {
  readonly kind: 'mean-absolute-error';
}

/** Squares near zero, absolute values beyond `delta` (Huber, 1964). */
export interface HuberLoss extends LossPlace {
  readonly kind: 'huber';
  /** @default 1 */
  readonly delta?: number;
}

/** The pinball loss: the last axis of the output has one value a quantile, the target one value in all. */
export interface QuantileLoss extends LossPlace {
  readonly kind: 'quantile';
  readonly quantiles: readonly number[];
}

/** The logarithm of a rate against counts from 0: e^output − target·output. */
export interface PoissonLoss extends LossPlace {
  readonly kind: 'poisson';
}

/** Logits [classes] against probabilities: the divergence of the second from the softmax of the first. */
export interface KullbackLeiblerLoss extends LossPlace {
  readonly kind: 'kullback-leibler';
}

/**
 * Logits against those of a teacher, both softened by a temperature (Hinton et al., 2015), and against the classes.
 * The teacher's logits are a target of their own.
 */
export interface DistillationLoss extends LossPlace {
  readonly kind: 'distillation';
  /** The tensor of the data's targets that has the teacher's logits. */
  readonly teacher: string;
  /** @default 2 */
  readonly temperature?: number;
  /** The share of the teacher; with 1 no classes are needed. @default 0.5 */
  readonly teacherWeight?: number;
}

/**
 * InfoNCE (van den Oord et al., 2018), both ways as in CLIP: each row's two vectors [width] against those of all other
 * rows of the batch, by the cosine. It has no target.
 */
export interface ContrastiveLoss {
  readonly kind: 'contrastive';
  /** Two outputs of one width. */
  readonly outputs: readonly [string, string];
  /** @default 0.07 */
  readonly temperature?: number;
}

/** What training makes small. */
export type Loss =
  | CrossEntropyLoss
  | BinaryCrossEntropyLoss
  | MeanSquaredErrorLoss
  | MeanAbsoluteErrorLoss
  | HuberLoss
  | QuantileLoss
  | PoissonLoss
  | KullbackLeiblerLoss
  | DistillationLoss
  | ContrastiveLoss;

/** The kinds of loss. */
export const lossKinds = [
  'cross-entropy',
  'binary-cross-entropy',
  'mean-squared-error',
  'mean-absolute-error',
  'huber',
  'quantile',
  'poisson',
  'kullback-leibler',
  'distillation',
  'contrastive',
] as const satisfies readonly Loss['kind'][];

function fail(message: string): never {
  throw new TrainerError('REQUEST_INVALID', message);
}

const isPositive = (value: unknown): boolean => typeof value === 'number' && value > 0 && Number.isFinite(value);

/** A target of a loss. */
export interface LossTarget {
  /** Its name in the data; undefined where their only one is meant. */
  readonly name: string | undefined;
  /** What it may be: any of these. */
  readonly accepted: readonly Signature[];
  /** The least and the most that its numbers may be. @default any */
  readonly bounds?: readonly [least: number, most: number];
}

/** Which outputs a loss judges by which targets. */
export interface LossPlaces {
  readonly outputs: readonly string[];
  readonly targets: readonly LossTarget[];
}

/**
 * Checks a loss against the outputs of a network.
 *
 * @throws {TrainerError} REQUEST_INVALID
 */
export function placesOf(loss: Loss, outputs: Readonly<Record<string, Signature>>): LossPlaces {
  if (!lossKinds.includes(loss?.kind)) {
    fail(`Expected the loss to be one of ${lossKinds.join(', ')}, got ${JSON.stringify(loss?.kind)}.`);
  }
  const names = Object.keys(outputs);
  const find = (name: string | undefined): Signature => {
    const signature = name === undefined || !Object.hasOwn(outputs, name) ? undefined : outputs[name];
    if (signature !== undefined) return signature;
    const known = names.map((output) => `"${output}"`).join(', ');
    return fail(`Expected the loss to name one of the outputs ${known}, got ${JSON.stringify(name) ?? 'none'}.`);
  };
  if (loss.kind === 'contrastive') {
    if (!Array.isArray(loss.outputs) || loss.outputs.length !== 2)
      fail('Expected the contrastive loss to name two outputs.');
    checkContrastive(loss, loss.outputs.map(find));
    return { outputs: loss.outputs, targets: [] };
  }
  const name = loss.output ?? (names.length === 1 ? names[0] : undefined);
  const output = find(name);
  const accepted = targetsOf(loss, output);
  const judged = { outputs: [name!] };
  switch (loss.kind) {
    case 'distillation': {
      const teacher = { name: loss.teacher, accepted: [output] };
      return { ...judged, targets: loss.teacherWeight === 1 ? [teacher] : [{ name: loss.target, accepted }, teacher] };
    }
    case 'poisson':
      return { ...judged, targets: [{ name: loss.target, accepted, bounds: [0, Number.MAX_VALUE] }] };
    case 'cross-entropy':
    case 'binary-cross-entropy':
    case 'kullback-leibler':
      return { ...judged, targets: [{ name: loss.target, accepted, bounds: [0, 1] }] };
    default:
      return { ...judged, targets: [{ name: loss.target, accepted }] };
  }
}

function checkContrastive({ temperature = 0.07 }: ContrastiveLoss, [a, b]: readonly Signature[]): void {
  if (a!.dtype !== 'float32' || a!.shape.length !== 1 || printSignature(a!) !== printSignature(b!)) {
    fail(
      `Expected the contrastive loss to have two outputs float32 [width], got ${printSignature(a!)} and ${printSignature(b!)}.`,
    );
  }
  if (!isPositive(temperature)) fail(`Expected temperature to be above 0, got ${printed(temperature)}.`);
}

/** What the (first) target of a loss may be. */
function targetsOf(loss: Exclude<Loss, ContrastiveLoss>, output: Signature): readonly Signature[] {
  if (output.dtype !== 'float32') fail(`Expected the output of the loss to be float32, got ${printSignature(output)}.`);
  const same: Signature = { dtype: 'float32', shape: output.shape };
  switch (loss.kind) {
    case 'cross-entropy': {
      const classes = output.shape.at(-1) ?? 0;
      if (classes < 2) {
        fail(`Cross-entropy expects at least two logits on the last axis, got ${printSignature(output)}.`);
      }
      const { classWeights, labelSmoothing = 0, ignoreIndex } = loss;
      if (
        classWeights !== undefined &&
        !(Array.isArray(classWeights) && classWeights.length === classes && classWeights.every(isPositive))
      ) {
        fail(
          `Expected classWeights to be ${classes} numbers above 0, one a class, got ${JSON.stringify(classWeights)}.`,
        );
      }
      if (!within(labelSmoothing, 0, 1) || labelSmoothing === 1) {
        fail(`Expected labelSmoothing to be from 0 and below 1, got ${printed(labelSmoothing)}.`);
      }
      if (ignoreIndex !== undefined && !Number.isSafeInteger(ignoreIndex)) {
        fail(`Expected ignoreIndex to be an integer, got ${printed(ignoreIndex)}.`);
      }
      const labels: Signature = { dtype: 'int64', shape: output.shape.slice(0, -1) };
      return classWeights === undefined && ignoreIndex === undefined ? [labels, same] : [labels];
    }
    case 'binary-cross-entropy':
      if (loss.positiveWeight !== undefined && !isPositive(loss.positiveWeight)) {
        fail(`Expected positiveWeight to be above 0, got ${printed(loss.positiveWeight)}.`);
      }
      return [same];
    case 'huber':
      if (loss.delta !== undefined && !isPositive(loss.delta))
        fail(`Expected delta to be above 0, got ${printed(loss.delta)}.`);
      return [same];
    case 'quantile': {
      const { quantiles } = loss;
      if (!Array.isArray(quantiles) || !quantiles.every((q) => typeof q === 'number' && q > 0 && q < 1)) {
        fail('Expected quantiles to be a list of numbers between 0 and 1.');
      }
      if (quantiles.length === 0 || output.shape.at(-1) !== quantiles.length) {
        fail(`Expected one output value for each of ${quantiles.length} quantiles, got ${printSignature(output)}.`);
      }
      return [{ dtype: 'float32', shape: output.shape.slice(0, -1) }];
    }
    case 'distillation': {
      const { temperature = 2, teacherWeight = 0.5, teacher } = loss;
      if (typeof teacher !== 'string')
        fail('Expected the distillation to name the target with the logits of the teacher.');
      if (!isPositive(temperature)) fail(`Expected temperature to be above 0, got ${printed(temperature)}.`);
      if (!within(teacherWeight, Number.MIN_VALUE, 1)) {
        fail(`Expected teacherWeight to be above 0 and at most 1, got ${printed(teacherWeight)}.`);
      }
      if ((output.shape.at(-1) ?? 0) < 2)
        fail(`Distillation expects at least two logits, got ${printSignature(output)}.`);
      return [{ dtype: 'int64', shape: output.shape.slice(0, -1) }];
    }
    case 'kullback-leibler':
      if ((output.shape.at(-1) ?? 0) < 2) {
        fail(`The divergence expects at least two logits on the last axis, got ${printSignature(output)}.`);
      }
      return [same];
    case 'poisson':
    case 'mean-squared-error':
    case 'mean-absolute-error':
      return [same];
  }
}
