import { TrainerError } from '../../../core/errors.ts';
import type { Configuration, LearnerFacts, SearchSpace } from '../learner.ts';

/** A configuration of the network learner, checked. */
export interface NetworkOptions {
  /** Dense layers in a row, or blocks that add to what they take (Gorishniy et al., 2021). */
  readonly architecture: 'mlp' | 'resnet';
  /** How a number becomes inputs: one value by its quantile, or its place in each of several bins. */
  readonly encoding: 'quantile' | 'piecewise';
  /** Bins a number, of the piecewise encoding. */
  readonly bins: number;
  /** Values of a hidden layer. */
  readonly width: number;
  /** Hidden layers, or blocks. */
  readonly depth: number;
  readonly dropout: number;
  readonly learningRate: number;
  readonly weightDecay: number;
  /** Rows of a step. */
  readonly batch: number;
  /** Passes over the rows, at most. */
  readonly epochs: number;
  /** Epochs without an improvement after which training ends. */
  readonly patience: number;
}

type Bounds = readonly [low: number, high: number, isWhole: boolean];

const bounds = {
  bins: [2, 64, true],
  width: [1, 4096, true],
  depth: [1, 16, true],
  dropout: [0, 0.95, false],
  learningRate: [1e-7, 10, false],
  weightDecay: [0, 10, false],
  batch: [1, 65_536, true],
  epochs: [1, 100_000, true],
  patience: [1, 100_000, true],
} as const satisfies Readonly<Record<string, Bounds>>;

/** Good without any search: small nets for few rows, batches that give each epoch at least some twenty steps. */
export function defaultOptions({ rowCount }: Pick<LearnerFacts, 'rowCount'>): NetworkOptions {
  return {
    architecture: 'mlp',
    encoding: 'quantile',
    bins: 12,
    width: rowCount < 4000 ? 64 : 128,
    depth: 2,
    dropout: 0.15,
    learningRate: 0.0015,
    weightDecay: 0.01,
    batch: rowCount < 2000 ? 32 : rowCount < 8000 ? 64 : rowCount < 30_000 ? 128 : 256,
    epochs: rowCount < 8000 ? 60 : 40,
    patience: 8,
  };
}

/** What random search varies. */
export function networkSpace({ numberCount, rowCount }: LearnerFacts): SearchSpace {
  return {
    architecture: { kind: 'choice', options: ['mlp', 'resnet'] },
    ...(numberCount === 0 ? {} : { encoding: { kind: 'choice', options: ['piecewise', 'quantile'] } }),
    ...(numberCount === 0 ? {} : { bins: { kind: 'integer', low: 4, high: 24, scale: 'log' } }),
    width: { kind: 'choice', options: rowCount < 4000 ? [32, 64, 128] : [64, 128, 192] },
    depth: { kind: 'integer', low: 1, high: 3, scale: 'linear' },
    dropout: { kind: 'float', low: 0, high: 0.5, scale: 'linear' },
    learningRate: { kind: 'float', low: 5e-4, high: 5e-3, scale: 'log' },
    weightDecay: { kind: 'float', low: 1e-4, high: 0.3, scale: 'log' },
  };
}

/** Narrower first, then with fewer bins, then with fewer layers: width counts twice in the weights. Undefined at the least of each. */
export function smallerNetwork(configuration: Configuration, facts: LearnerFacts): Configuration | undefined {
  const { width, depth, encoding, bins } = readOptions(configuration, facts);
  if (width > leastWidth) return { ...configuration, width: Math.max(leastWidth, Math.floor(0.75 * width)) };
  if (encoding === 'piecewise' && bins > 4) return { ...configuration, bins: Math.max(4, Math.floor(bins / 2)) };
  return depth > 1 ? { ...configuration, depth: depth - 1 } : undefined;
}

/** Hidden values below which a network is hardly more than a linear model. */
const leastWidth = 8;

/**
 * Checks a configuration; what it leaves out is as in the defaults.
 *
 * @throws {TrainerError} REQUEST_INVALID naming the option
 */
export function readOptions(configuration: Configuration, facts: Pick<LearnerFacts, 'rowCount'>): NetworkOptions {
  const merged: Record<string, unknown> = { ...defaultOptions(facts), ...configuration };
  const fail = (name: string, expected: string): never => {
    throw new TrainerError(
      'REQUEST_INVALID',
      `Network learner: expected ${name} to be ${expected}, got ${String(merged[name])}.`,
    );
  };
  for (const [name, [low, high, isWhole]] of Object.entries(bounds)) {
    const value = merged[name];
    const fits = typeof value === 'number' && value >= low && value <= high && (!isWhole || Number.isInteger(value));
    if (!fits) fail(name, `${isWhole ? 'a whole number' : 'a number'} from ${low} to ${high}`);
  }
  if (merged.architecture !== 'mlp' && merged.architecture !== 'resnet') fail('architecture', 'mlp or resnet');
  if (merged.encoding !== 'quantile' && merged.encoding !== 'piecewise') fail('encoding', 'quantile or piecewise');
  return merged as unknown as NetworkOptions;
}
