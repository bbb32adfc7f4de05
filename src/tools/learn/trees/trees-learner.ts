import type { Configuration, Learner, LearnerFacts, SearchSpace } from '../learner.ts';
import { fitTrees } from './fit-trees.ts';
import { treesFootprint } from './footprint.ts';
import { readOptions } from './options.ts';
import { reviveTrees } from './trees-model.ts';

function defaults({ rowCount, task }: LearnerFacts): Configuration {
  const isSmall = rowCount < 2000;
  return {
    iterations: isSmall ? 300 : 500,
    learningRate: isSmall ? 0.05 : 0.1,
    leaves: rowCount < 1000 ? 15 : 31,
    minChildSamples: Math.max(5, Math.min(20, Math.round(rowCount / 40))),
    // Multiclass hessians of sure rows are tiny: without a penalty, single leaves would run away.
    l2: task === 'multiclass' || isSmall ? 1 : 0.1,
    rowShare: isSmall ? 0.8 : 1,
    columnShare: isSmall ? 0.8 : 1,
    earlyStopping: 30,
    categoryGroup: Math.max(5, Math.min(100, Math.round(rowCount / 40))),
  };
}

function space({ rowCount }: LearnerFacts): SearchSpace {
  const mostLeaves = rowCount < 1000 ? 24 : 32;
  return {
    learningRate: { kind: 'float', low: 0.02, high: 0.2, scale: 'log' },
    leaves: { kind: 'integer', low: 4, high: mostLeaves, scale: 'log' },
    minChildSamples: { kind: 'integer', low: 3, high: rowCount < 1000 ? 30 : 100, scale: 'log' },
    l2: { kind: 'float', low: 1e-3, high: 30, scale: 'log' },
    rowShare: { kind: 'float', low: 0.5, high: 1, scale: 'linear' },
    columnShare: { kind: 'float', low: 0.4, high: 1, scale: 'linear' },
  };
}

/**
 * Counted operations: each round passes the rows for derivatives, scores and partitions, the root's histograms over all
 * features, and about half of a level's rows again a level; then all bins of each leaf are searched.
 */
function cost(configuration: Configuration, facts: LearnerFacts): number {
  const options = readOptions(configuration, facts);
  const { rowCount } = facts;
  const features = facts.numberCount + facts.categorySizes.length;
  const leaves = Math.min(options.leaves, Math.max(2, Math.floor(rowCount / options.minChildSamples)));
  const levels = Math.log2(leaves);
  const bins = Math.min(options.maxBins, Math.ceil(rowCount / options.minBinSamples));
  const rows = rowCount * options.rowShare;
  const ofRows = 10 * rowCount + rows * (3 * levels + features * (1 + levels / 2));
  const ofBins = leaves * features * bins * 3 + leaves * 500;
  const trees = options.iterations * (options.objective === 'softmax' ? facts.classCount : 1);
  return (trees * (ofRows + ofBins) + 10 * rowCount * features) / 1e6;
}

/** Gradient-boosted trees on histograms. */
export const treesLearner: Learner = {
  name: 'trees',
  about:
    'Gradient-boosted decision trees: strong on tables of mixed columns, with missing values and categories as they are.',
  tasks: ['binary', 'multiclass', 'regression'],
  iterationKey: 'iterations',
  defaults,
  space,
  cost,
  footprint: treesFootprint,
  fit: (rows, configuration, problem, context) => fitTrees(rows, readOptions(configuration, problem), problem, context),
  revive: reviveTrees,
};
