export * from './binning';
export * from './gradients';
export * from './histograms';
export * from './rows';
export * from './score';
export * from './splits';
