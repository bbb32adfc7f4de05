import type { Configuration, Footprint, LearnerFacts, Problem } from '../learner.ts';
import { parameterCount } from './architecture.ts';
import type { Encoding } from './encoding.ts';
import { type NetworkOptions, readOptions } from './options.ts';

/**
 * Counted operations, in units of about a nanosecond: multiply-adds run twenty at a time (twice as many backward as forward),
 * a weight is updated in two; a step has a fixed cost for the nodes of its graph, a fit for compiling it.
 */
const perMultiplyAdd = 0.05;
const perUpdate = 2;
const perLayer = 30_000;
const perCompile = 8e7;

/** Counted operations of one training step. */
export function operationsPerStep(options: NetworkOptions, encoding: Encoding, problem: Problem): number {
  const parameters = parameterCount(options, encoding, problem);
  const layers = options.architecture === 'mlp' ? options.depth + 1 : 4 * options.depth + 3;
  return 3 * perMultiplyAdd * parameters * options.batch + perUpdate * parameters + perLayer * layers;
}

/** An encoding with the widths that these facts lead to, where every number has all its bins. */
function expectedEncoding(options: NetworkOptions, facts: LearnerFacts): Encoding {
  const edges = Array.from({ length: options.bins + 1 }, (_, k) => k);
  const levels = options.encoding === 'quantile' ? { levels: edges } : {};
  const number = { fill: 0, missing: facts.missingShare > 0, edges, ...levels };
  return { numbers: Array.from({ length: facts.numberCount }, () => number), sizes: facts.categorySizes };
}

/** Work units of a fit with all its epochs. */
export function networkCost(configuration: Configuration, facts: LearnerFacts): number {
  const options = readOptions(configuration, facts);
  const encoding = expectedEncoding(options, facts);
  const steps = Math.max(1, Math.floor(facts.rowCount / options.batch));
  const step = operationsPerStep({ ...options, batch: Math.min(options.batch, facts.rowCount) }, encoding, facts);
  const prepare = 100 * facts.rowCount * (facts.numberCount + facts.categorySizes.length);
  return (perCompile + prepare + options.epochs * steps * step) / 1e6;
}

/** The runtime and the compiled steps of a network that is trained. */
const trainerBytes = 60_000_000;

/** Expected size, work and memory of a network. */
export function networkFootprint(configuration: Configuration, facts: LearnerFacts): Footprint {
  const options = readOptions(configuration, facts);
  const encoding = expectedEncoding(options, facts);
  const parameters = parameterCount(options, encoding, facts);
  const layers = options.architecture === 'mlp' ? options.depth + 1 : 4 * options.depth + 3;
  return {
    // Weights are float32; each edge of a number's bins is kept beside them.
    fileBytes: 4 * parameters + 8 * (options.bins + 2) * facts.numberCount + 400 * layers,
    operationsPerRow: parameters,
    // Weights, gradients, two moments, their average and its copy; activations of a batch forward and back.
    fitBytes: trainerBytes + 24 * parameters + 8 * options.batch * options.width * layers,
  };
}
