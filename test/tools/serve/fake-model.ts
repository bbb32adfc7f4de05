import type { ModelSignature } from '../../../src/onnx/signature.ts';
import type { ServedModel, ServedPrediction } from '../../../src/tools/serve/served-model.ts';

export const penguinSignature: ModelSignature = {
  formatVersion: 1,
  task: 'multiclass',
  target: 'species',
  inputs: [
    { name: 'island', kind: 'category', tensor: 'categories', index: 0, categories: ['Biscoe', 'Dream'] },
    { name: 'bill length', kind: 'number', tensor: 'numbers', index: 0, unit: 'mm', integers: false, range: [33, 55] },
    { name: 'year', kind: 'number', tensor: 'numbers', index: 1, integers: true, range: [2007, 2009] },
    { name: 'ringed', kind: 'boolean', tensor: 'numbers', index: 2, labels: ['no', 'yes'] },
    { name: 'seen', kind: 'datetime', tensor: 'datetimes', index: 0, range: [1_167_609_600_000, 1_262_217_600_000] },
  ],
  missingCategory: '\u0000missing',
  output: { kind: 'classification', classes: ['Adelie', 'Gentoo'] },
};

export const carSignature: ModelSignature = {
  formatVersion: 1,
  task: 'regression',
  target: 'mpg',
  inputs: [
    { name: "it's */ `odd`\u202e", kind: 'number', tensor: 'numbers', index: 0, integers: false, range: [0, 1] },
  ],
  missingCategory: '\u0000missing',
  output: { kind: 'regression', unit: 'mpg', interval: { coverage: 0.9 } },
};

/** A model that answers at once, and remembers what it was asked. */
export function fakeModel(predict?: ServedModel['predict']): ServedModel & { readonly calls: unknown[][] } {
  const calls: unknown[][] = [];
  const answer: ServedPrediction = { prediction: 'Adelie', probabilities: { Adelie: 0.9, Gentoo: 0.1 } };
  return {
    signature: penguinSignature,
    hash: 'ab'.repeat(32),
    calls,
    predict: async (records) => {
      calls.push([...records]);
      return predict ? predict(records) : records.map(() => answer);
    },
  };
}
