import type { Learner } from '../learner.ts';
import { networkCost, networkFootprint } from './cost.ts';
import { fitNetwork } from './fit-network.ts';
import { reviveNetworkModel } from './network-model.ts';
import { defaultOptions, networkSpace, readOptions, smallerNetwork } from './options.ts';

/**
 * A neural network for tables: an MLP or a tabular ResNet, numbers by quantile or piecewise linear encoding, categories as trained
 * vectors, missing values with an input of their own. AdamW at a constant learning rate, stopped early.
 */
export const networkLearner: Learner = {
  name: 'network',
  about:
    'A neural network (MLP or tabular ResNet) on piecewise linear numbers and category embeddings: smooth, and unlike trees in its errors.',
  tasks: ['binary', 'multiclass', 'regression'],
  iterationKey: 'epochs',
  trainsOnBackend: true,
  defaults: (facts) => ({ ...defaultOptions(facts) }),
  space: networkSpace,
  cost: networkCost,
  footprint: networkFootprint,
  smaller: smallerNetwork,
  fit: (rows, configuration, problem, context) =>
    fitNetwork(rows, readOptions(configuration, { rowCount: rows.features.rowCount }), problem, context),
  revive: reviveNetworkModel,
};
