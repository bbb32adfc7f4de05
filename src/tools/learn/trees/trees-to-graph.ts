import type { GraphBuilder } from '../../../onnx/graph-builder.ts';
import type { GraphFeatures } from '../learner.ts';
import type { Forest } from './forest.ts';
import type { Objective } from './options.ts';

const branchLessOrEqual = 0;
const branchMember = 6;
const aggregateSum = 1;

/**
 * One `TreeEnsemble` (ai.onnx.ml 5) on all features as one matrix, then the start scores and the link function.
 *
 * Features and thresholds are float32 on both sides, so each row takes the same path as in `predict`. Regression sums in
 * double: its values can be so large that float32 sums would lose digits that `predict` keeps.
 */
export function treesToGraph(forest: Forest, objective: Objective, graph: GraphBuilder, inputs: GraphFeatures): string {
  const isDouble = objective === 'squared' || objective === 'quantile';
  const type = isDouble ? 11 : 1;
  const base = isDouble
    ? graph.constant({ type: 'double', shape: [1, 1], data: forest.base })
    : graph.floats(forest.base, [1, forest.classes]);
  const parts: string[] = [];
  if (inputs.numbers !== undefined) {
    parts.push(isDouble ? graph.node('Cast', [inputs.numbers], { attributes: { to: { int: type } } }) : inputs.numbers);
  }
  if (inputs.codes !== undefined) parts.push(graph.node('Cast', [inputs.codes], { attributes: { to: { int: type } } }));
  const matrix = parts.length === 1 ? parts[0]! : graph.node('Concat', parts, { attributes: { axis: { int: 1 } } });
  const sums = graph.node('TreeEnsemble', [matrix], {
    domain: 'ai.onnx.ml',
    name: 'trees',
    attributes: treeAttributes(forest, isDouble),
  });
  const scores = graph.node('Add', [sums, base]);
  switch (objective) {
    case 'logistic':
      return graph.node('Sigmoid', [scores]);
    case 'softmax':
      return graph.node('Softmax', [scores], { attributes: { axis: { int: 1 } } });
    default:
      return graph.node('Cast', [scores], { attributes: { to: { int: 1 } } });
  }
}

type Attributes = NonNullable<NonNullable<Parameters<GraphBuilder['node']>[2]>['attributes']>;

function treeAttributes(forest: Forest, isDouble: boolean): Attributes {
  // A forest without trees still needs a node: both of its branches lead to a leaf of 0.
  const nodeCount = Math.max(1, forest.feature.length);
  const leafCount = Math.max(1, forest.leafValue.length);
  const nodes = {
    feature: new Int32Array(nodeCount),
    split: new Float64Array(nodeCount),
    mode: new Uint8Array(nodeCount).fill(branchLessOrEqual),
    missing: new Uint8Array(nodeCount),
    left: new Int32Array(nodeCount),
    right: new Int32Array(nodeCount),
    isLeftLeaf: new Uint8Array(nodeCount).fill(1),
    isRightLeaf: new Uint8Array(nodeCount).fill(1),
  };
  const members: number[] = [];
  const leafTarget = new Int32Array(leafCount);
  const treeCount = forest.treeClass.length;
  for (let tree = 0; tree < treeCount; tree++) {
    const firstLeaf = forest.leafStart[tree]!;
    leafTarget.fill(forest.treeClass[tree]!, firstLeaf, forest.leafStart[tree + 1]!);
    const first = forest.nodeStart[tree]!;
    const place = (child: number): number => (child < 0 ? firstLeaf + ~child : first + child);
    for (let node = first; node < forest.nodeStart[tree + 1]!; node++) {
      const set = forest.set[node]!;
      nodes.feature[node] = forest.feature[node]!;
      if (set >= 0) {
        nodes.mode[node] = branchMember;
        members.push(...forest.setCodes.subarray(forest.setStart[set]!, forest.setStart[set + 1]!), Number.NaN);
      } else {
        nodes.split[node] = forest.threshold[node]!;
        nodes.missing[node] = forest.isMissingLeft[node]!;
      }
      nodes.left[node] = place(forest.left[node]!);
      nodes.right[node] = place(forest.right[node]!);
      nodes.isLeftLeaf[node] = forest.left[node]! < 0 ? 1 : 0;
      nodes.isRightLeaf[node] = forest.right[node]! < 0 ? 1 : 0;
    }
  }
  const leafValue = new Float64Array(leafCount);
  leafValue.set(forest.leafValue);
  const tensor = (data: Float64Array) =>
    isDouble
      ? { tensor: { type: 'double' as const, shape: [data.length], data } }
      : { tensor: { type: 'float' as const, shape: [data.length], data: Float32Array.from(data) } };
  return {
    aggregate_function: { int: aggregateSum },
    post_transform: { int: 0 },
    n_targets: { int: forest.classes },
    tree_roots: { ints: treeCount === 0 ? [0] : forest.nodeStart.slice(0, treeCount) },
    nodes_featureids: { ints: nodes.feature },
    nodes_splits: tensor(nodes.split),
    nodes_modes: { tensor: { type: 'uint8', shape: [nodeCount], data: nodes.mode } },
    nodes_missing_value_tracks_true: { ints: nodes.missing },
    nodes_truenodeids: { ints: nodes.left },
    nodes_falsenodeids: { ints: nodes.right },
    nodes_trueleafs: { ints: nodes.isLeftLeaf },
    nodes_falseleafs: { ints: nodes.isRightLeaf },
    leaf_targetids: { ints: leafTarget },
    leaf_weights: tensor(leafValue),
    ...(members.length > 0 && { membership_values: tensor(Float64Array.from(members)) }),
  };
}
