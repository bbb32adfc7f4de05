import type { Operator } from '../convert/portable/elementwise.ts';
import { allocate, numbersOf, sizeOf, type Value } from '../convert/portable/tensor.ts';
import { createTrees } from '../convert/portable/trees.ts';
import type { Features } from '../learn/learner.ts';
import { canQuickScore, quickScore } from '../learn/trees/quick-scorer.ts';
import { categoryBits, scoreTrees } from '../learn/trees/score-trees.ts';
import { forestOfGraph } from './forest-of-graph.ts';

/** `TreeEnsemble` by the kernels that training scores with: many times as fast as a walk from node to node, row by row. */
export const fastTrees: Operator = (attributes) => {
  const outputs = attributes.number('n_targets', 1);
  // An aggregate other than the sum, or a transform, is none of ours.
  const isSum = attributes.number('aggregate_function', 1) === 1 && attributes.number('post_transform', 0) === 0;
  const read = isSum ? forestOfGraph(attributes.value, outputs) : undefined;
  const walk = read === undefined ? createTrees(attributes.value, outputs) : undefined;
  if (read === undefined) return ([x]) => walk!(x!);
  const { forest, columns } = read;
  const bits = categoryBits(forest);
  const score = canQuickScore(forest) ? quickScore : scoreTrees;
  return ([x]) => {
    const rowCount = x!.shape[0]!;
    const scores = new Float64Array(rowCount * outputs);
    score(forest, bits, featuresOf(x!, columns, forest.numberCount, forest.categorySizes), scores);
    const out = allocate(x!.type, scores.length);
    // Scores come column by column.
    if (outputs === 1) out.set(scores);
    else
      for (let row = 0; row < rowCount; row++)
        for (let k = 0; k < outputs; k++) out[row * outputs + k] = scores[k * rowCount + row]!;
    return { type: x!.type, shape: [rowCount, outputs], data: out };
  };
};

/** Columns of a matrix as features. */
function featuresOf(
  matrix: Value,
  columns: readonly number[],
  numberCount: number,
  sizes: readonly number[],
): Features {
  const rowCount = matrix.shape[0]!;
  const width = sizeOf(matrix.shape.slice(1));
  const data = numbersOf(matrix);
  const column = <Column extends Float32Array | Int32Array>(values: Column, at: number): Column => {
    for (let row = 0, from = at; row < rowCount; row++, from += width) values[row] = data[from]!;
    return values;
  };
  return {
    rowCount,
    numbers: columns.slice(0, numberCount).map((at) => ({ name: '', values: column(new Float32Array(rowCount), at) })),
    categories: columns.slice(numberCount).map((at, i) => ({
      name: '',
      codes: column(new Int32Array(rowCount), at),
      size: sizes[i]!,
    })),
  };
}
