import type { Configuration, Footprint, LearnerFacts } from '../learner.ts';
import { readOptions } from './options.ts';
import { layOut } from './plan.ts';

/**
 * Rounds times learning rate at which early stopping mostly finds the best round: there is more to learn from more cells (their root
 * of eight, cubed; fitted to runs of 240 to 24,000 rows of 4 to 25 columns).
 */
const roundsTimesRate = { least: 4.5, ofCells: 5, cells: 10_000 };
/** Fits are mostly so many times as long: best rounds of folds differ, and samples of the space learn slower than the default. */
const fitsBeyondDefault = 1.3;
/**
 * Bytes of the file for a node and for a leaf: a node has its feature, threshold, mode, missing direction, two children and two flags, a
 * leaf its output, its value and the rows that explanations weigh it with. Regression keeps thresholds and values as doubles.
 */
const bytesOf = { node: 14, leaf: 8, double: 4 };

/** Expected size, work and memory of boosted trees: trees are as large as options and rows allow, early stopping ends the rounds. */
export function treesFootprint(configuration: Configuration, facts: LearnerFacts): Footprint {
  const options = readOptions(configuration, facts);
  const { rowCount, categorySizes } = facts;
  const classes = options.objective === 'softmax' ? facts.classCount : 1;
  const features = facts.numberCount + categorySizes.length;
  const leaves = Math.max(2, Math.min(options.leaves, Math.floor(rowCount / (2 * options.minChildSamples))));
  const { least, ofCells, cells } = roundsTimesRate;
  const root = Math.sqrt(Math.sqrt((rowCount * features) / cells));
  const reached = Math.max(least, ofCells * root * Math.sqrt(root));
  const expected = reached / options.learningRate;
  const iterations = Math.max(
    1,
    options.earlyStopping === 0 ? options.iterations : Math.min(options.iterations, Math.round(expected)),
  );
  const trees = iterations * classes;
  const double = facts.task === 'regression' ? bytesOf.double : 0;
  const meanSet = categorySizes.reduce((sum, size) => sum + Math.min(size / 2, 32), 0) / Math.max(1, features);
  const node = bytesOf.node + double + meanSet * (4 + double);
  const { bytes } = layOut({
    options,
    classes,
    rowCount,
    validationCount: Math.round(rowCount / 4),
    numberCount: facts.numberCount,
    categorySizes,
    hasWeights: false,
    gainFloor: 0,
    threads: 1,
  });
  return {
    fileBytes: Math.round(trees * ((leaves - 1) * node + leaves * (bytesOf.leaf + double))),
    operationsPerRow: Math.round(trees * (2 + 1.25 * Math.log2(leaves))),
    fitBytes: bytes,
    iterations,
    costShare: Math.min(1, (fitsBeyondDefault * (iterations + options.earlyStopping)) / options.iterations),
  };
}
