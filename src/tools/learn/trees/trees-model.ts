import { TrainerError } from '../../../core/errors.ts';
import type { GraphBuilder } from '../../../onnx/graph-builder.ts';
import type { Features, FittedModel, GraphFeatures, ModelState } from '../learner.ts';
import type { Forest } from './forest.ts';
import type { Objective } from './options.ts';
import { canQuickScore, quickScore } from './quick-scorer.ts';
import { type CategoryBits, categoryBits, scoreTrees } from './score-trees.ts';
import { treesToGraph } from './trees-to-graph.ts';

/** Rows below which packing a forest for the kernel takes longer than walking its trees. */
const quickRows = 64;

const treesName = 'trees';

/** Fitted boosted trees. */
export class TreesModel implements FittedModel {
  readonly learner = treesName;
  readonly outputCount: number;
  readonly forest: Forest;
  readonly objective: Objective;
  readonly #bits: CategoryBits;
  readonly #isQuick: boolean;

  constructor(forest: Forest, objective: Objective) {
    this.forest = forest;
    this.objective = objective;
    this.outputCount = forest.classes;
    this.#bits = categoryBits(forest);
    this.#isQuick = canQuickScore(forest);
  }

  /** Sums of leaf values before the link function, column by column: [classes][rowCount]. */
  scores(features: Features, scorer: 'fastest' | 'javascript' = 'fastest'): Float64Array {
    const scores = new Float64Array(features.rowCount * this.forest.classes);
    const isQuick = scorer === 'fastest' && this.#isQuick && features.rowCount >= quickRows;
    (isQuick ? quickScore : scoreTrees)(this.forest, this.#bits, features, scores);
    return scores;
  }

  predict(features: Features): Float64Array {
    const scores = this.scores(features);
    if (this.objective === 'logistic') return scores.map((score) => 1 / (1 + Math.exp(-score)));
    return this.objective === 'softmax' ? softmaxRows(scores, features.rowCount, this.forest.classes) : scores;
  }

  shifted(by: readonly number[]): TreesModel {
    const { forest } = this;
    return new TreesModel({ ...forest, base: forest.base.map((value, k) => value + by[k]!) }, this.objective);
  }

  toGraph(graph: GraphBuilder, inputs: GraphFeatures): string {
    return treesToGraph(this.forest, this.objective, graph, inputs);
  }

  /** Nodes on the way to a leaf, on average over the leaves, in all trees, and two operations a tree for its sum. */
  get operationsPerRow(): number {
    const { forest } = this;
    let operations = 0;
    for (let tree = 0; tree < forest.treeClass.length; tree++) operations += 2 + meanDepth(forest, tree);
    return Math.round(operations);
  }

  toState(): ModelState {
    const { numberCount, categorySizes, classes, ...arrays } = this.forest;
    const json = { objective: this.objective, numberCount, categorySizes, classes };
    return { formatVersion: 1, learner: treesName, json, arrays };
  }

  importance(): Float64Array {
    const { forest } = this;
    const gains = new Float64Array(forest.numberCount + forest.categorySizes.length);
    forest.feature.forEach((feature, node) => {
      gains[feature]! += forest.gain[node]!;
    });
    const total = gains.reduce((sum, gain) => sum + gain, 0);
    return total > 0 ? gains.map((gain) => gain / total) : gains;
  }
}

/**
 * Reads what `toState` wrote.
 *
 * @throws {TrainerError} FORMAT_VERSION for a state of another learner or a later version.
 */
export function reviveTrees(state: ModelState): TreesModel {
  if (state.learner !== treesName || state.formatVersion !== 1) {
    throw new TrainerError(
      'FORMAT_VERSION',
      `Expected a state of boosted trees in version 1, got ${state.learner} in version ${state.formatVersion}.`,
    );
  }
  const { objective, ...sizes } = state.json as Pick<Forest, 'numberCount' | 'categorySizes' | 'classes'> & {
    objective: Objective;
  };
  return new TreesModel({ ...sizes, ...state.arrays } as unknown as Forest, objective);
}

function softmaxRows(scores: Float64Array, rowCount: number, classes: number): Float64Array {
  const out = new Float64Array(scores.length);
  for (let row = 0; row < rowCount; row++) {
    let top = Number.NEGATIVE_INFINITY;
    for (let k = 0; k < classes; k++) top = Math.max(top, scores[k * rowCount + row]!);
    let sum = 0;
    for (let k = 0; k < classes; k++) {
      const e = Math.exp(scores[k * rowCount + row]! - top);
      out[row * classes + k] = e;
      sum += e;
    }
    for (let k = 0; k < classes; k++) out[row * classes + k]! /= sum;
  }
  return out;
}

function meanDepth(forest: Forest, tree: number): number {
  const first = forest.nodeStart[tree]!;
  let depths = 0;
  const visit = (child: number, depth: number): void => {
    if (child < 0) {
      depths += depth;
      return;
    }
    visit(forest.left[first + child]!, depth + 1);
    visit(forest.right[first + child]!, depth + 1);
  };
  visit(0, 0);
  return depths / (forest.leafStart[tree + 1]! - forest.leafStart[tree]!);
}
