import { TrainerError } from '../../core/errors.ts';
import { printSignature, type Signature } from './layer-definition.ts';

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

/** What training makes small. */
export type Loss =
  | CrossEntropyLoss
  | BinaryCrossEntropyLoss
  | MeanSquaredErrorLoss
  | MeanAbsoluteErrorLoss
  | HuberLoss
  | QuantileLoss;

/** The kinds of loss. */
export const lossKinds = [
  'cross-entropy',
  'binary-cross-entropy',
  'mean-squared-error',
  'mean-absolute-error',
  'huber',
  'quantile',
] as const satisfies readonly Loss['kind'][];

function fail(message: string): never {
  throw new TrainerError('REQUEST_INVALID', message);
}

const isPositive = (value: unknown): boolean => typeof value === 'number' && value > 0 && Number.isFinite(value);

/**
 * Checks a loss against the output that it judges; returns what its target must be: any of these signatures.
 *
 * @throws {TrainerError} REQUEST_INVALID
 */
export function targetsOf(loss: Loss, output: Signature): readonly Signature[] {
  if (output.dtype !== 'float32') fail(`Expected the output of the loss to be float32, got ${printSignature(output)}.`);
  const same: Signature = { dtype: 'float32', shape: output.shape };
  switch (loss.kind) {
    case 'cross-entropy': {
      const classes = output.shape.at(-1) ?? 0;
      if (classes < 2) {
        fail(`Cross-entropy expects at least two logits on the last axis, got ${printSignature(output)}.`);
      }
      const { classWeights, labelSmoothing = 0 } = loss;
      if (classWeights !== undefined && (classWeights.length !== classes || !classWeights.every(isPositive))) {
        fail(`Expected classWeights to be ${classes} numbers above 0, one a class, got ${classWeights.length}.`);
      }
      if (!(labelSmoothing >= 0 && labelSmoothing < 1)) {
        fail(`Expected labelSmoothing to be from 0 and below 1, got ${labelSmoothing}.`);
      }
      const labels: Signature = { dtype: 'int64', shape: output.shape.slice(0, -1) };
      return classWeights === undefined ? [labels, same] : [labels];
    }
    case 'binary-cross-entropy':
      if (loss.positiveWeight !== undefined && !isPositive(loss.positiveWeight)) {
        fail(`Expected positiveWeight to be above 0, got ${loss.positiveWeight}.`);
      }
      return [same];
    case 'huber':
      if (loss.delta !== undefined && !isPositive(loss.delta)) fail(`Expected delta to be above 0, got ${loss.delta}.`);
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
    case 'mean-squared-error':
    case 'mean-absolute-error':
      return [same];
    default:
      return fail(
        `Expected the loss to be one of ${lossKinds.join(', ')}, got ${JSON.stringify((loss as Loss | undefined)?.kind)}.`,
      );
  }
}
