import type { OnnxNode } from '../../onnx/model.ts';
import { tensorNumbers } from '../../onnx/tensor-numbers.ts';

/** Levels of a tree that are explained; the work grows with their square. */
const deepest = 256;

/** Trees read from a `TreeEnsemble` node, with the share of the rows that goes each way. */
export interface ShapTrees {
  readonly roots: readonly number[];
  readonly feature: Int32Array;
  readonly split: Float64Array;
  /** Codes that go to the true branch, at nodes that ask for a set. */
  readonly sets: readonly (ReadonlySet<number> | undefined)[];
  readonly missingTrue: Uint8Array;
  /** The node of each branch, or ~leaf. */
  readonly whenTrue: Int32Array;
  readonly whenFalse: Int32Array;
  /** Rows of each node and leaf. */
  readonly nodeCover: Float64Array;
  readonly leafCover: Float64Array;
  readonly leafOutput: Int32Array;
  readonly leafValue: Float64Array;
  readonly depth: number;
}

/** Reads a checked node, as graphs of ours have it; undefined where the covers do not fit it or it is too deep. */
export function readShapTrees(node: OnnxNode, covers: Float64Array): ShapTrees | undefined {
  const attributes = new Map(node.attributes.map((attribute) => [attribute.name, attribute]));
  const ints = (name: string): Int32Array => Int32Array.from(attributes.get(name)?.ints ?? [], Number);
  const numbers = (name: string): ArrayLike<number> => tensorNumbers(attributes.get(name)?.tensor);
  const feature = ints('nodes_featureids');
  const modes = numbers('nodes_modes');
  const members = Array.from(numbers('membership_values'));
  const leafOutput = ints('leaf_targetids');
  if (covers.length !== leafOutput.length || covers.some((cover) => !(cover > 0))) return undefined;
  const sets: (ReadonlySet<number> | undefined)[] = [];
  let from = 0;
  for (let i = 0; i < feature.length; i++) {
    if (modes[i] !== 0 && modes[i] !== 6) return undefined;
    if (modes[i] === 0) {
      sets.push(undefined);
      continue;
    }
    const end = members.findIndex((value, at) => at >= from && Number.isNaN(value));
    sets.push(new Set(members.slice(from, end)));
    from = end + 1;
  }
  const branch = (ids: string, leaves: string): Int32Array => {
    const isLeaf = ints(leaves);
    return ints(ids).map((id, i) => (isLeaf[i] === 1 ? ~id : id));
  };
  const whenTrue = branch('nodes_truenodeids', 'nodes_trueleafs');
  const whenFalse = branch('nodes_falsenodeids', 'nodes_falseleafs');
  const nodeCover = new Float64Array(feature.length);
  let depth = 0;
  const visit = (id: number, level: number): number => {
    depth = Math.max(depth, level);
    if (id < 0) return covers[~id]!;
    if (level > deepest) return 0;
    nodeCover[id] = visit(whenTrue[id]!, level + 1) + visit(whenFalse[id]!, level + 1);
    return nodeCover[id]!;
  };
  const roots = [...ints('tree_roots')];
  for (const root of roots) visit(root, 0);
  if (depth > deepest) return undefined;
  const missing = ints('nodes_missing_value_tracks_true');
  return {
    roots,
    feature,
    split: Float64Array.from(numbers('nodes_splits')),
    sets,
    missingTrue: Uint8Array.from(feature, (_, i) => missing[i] ?? 0),
    whenTrue,
    whenFalse,
    nodeCover,
    leafCover: covers,
    leafOutput,
    leafValue: Float64Array.from(numbers('leaf_weights')),
    depth,
  };
}

/** Whether a row goes to the true branch of a node. */
export function goesTrue(trees: ShapTrees, node: number, row: ArrayLike<number>): boolean {
  const value = row[trees.feature[node]!]!;
  const set = trees.sets[node];
  if (set !== undefined) return set.has(value);
  return value <= trees.split[node]! || (trees.missingTrue[node] === 1 && Number.isNaN(value));
}

/**
 * Exact path-dependent SHAP values of one row (Lundberg, Erion and Lee 2018, algorithm 2): what each feature adds to the sum of leaf
 * values, where features that are not known follow both branches by the rows that went there in training. In time
 * O(leaves × depth²).
 *
 * @param add - is given feature, output and value, any number of times for the same feature
 */
export function treeShap(
  trees: ShapTrees,
  row: ArrayLike<number>,
  add: (feature: number, output: number, value: number) => void,
): void {
  const width = trees.depth + 2;
  const size = width * (width + 1);
  // The path of each level is a copy of its parent's with one more element.
  const features = new Int32Array(size);
  const zeros = new Float64Array(size);
  const ones = new Float64Array(size);
  const shares = new Float64Array(size);

  const extend = (at: number, length: number, zero: number, one: number, feature: number): void => {
    features[at + length] = feature;
    zeros[at + length] = zero;
    ones[at + length] = one;
    shares[at + length] = length === 0 ? 1 : 0;
    for (let i = length - 1; i >= 0; i--) {
      shares[at + i + 1]! += (one * shares[at + i]! * (i + 1)) / (length + 1);
      shares[at + i] = (zero * shares[at + i]! * (length - i)) / (length + 1);
    }
  };
  const unwind = (at: number, length: number, index: number): void => {
    const one = ones[at + index]!;
    const zero = zeros[at + index]!;
    let next = shares[at + length]!;
    for (let i = length - 1; i >= 0; i--) {
      if (one !== 0) {
        const share = shares[at + i]!;
        shares[at + i] = (next * (length + 1)) / ((i + 1) * one);
        next = share - (shares[at + i]! * zero * (length - i)) / (length + 1);
      } else shares[at + i] = (shares[at + i]! * (length + 1)) / (zero * (length - i));
    }
    for (let i = index; i < length; i++) {
      features[at + i] = features[at + i + 1]!;
      zeros[at + i] = zeros[at + i + 1]!;
      ones[at + i] = ones[at + i + 1]!;
    }
  };
  const unwoundSum = (at: number, length: number, index: number): number => {
    const one = ones[at + index]!;
    const zero = zeros[at + index]!;
    let next = shares[at + length]!;
    let total = 0;
    for (let i = length - 1; i >= 0; i--) {
      if (one !== 0) {
        const share = (next * (length + 1)) / ((i + 1) * one);
        total += share;
        next = shares[at + i]! - (share * zero * (length - i)) / (length + 1);
      } else total += (shares[at + i]! * (length + 1)) / (zero * (length - i));
    }
    return total;
  };
  const visit = (id: number, parent: number, before: number, zero: number, one: number, feature: number): void => {
    const at = parent + width;
    let length = before;
    for (let i = 0; i < length; i++) {
      features[at + i] = features[parent + i]!;
      zeros[at + i] = zeros[parent + i]!;
      ones[at + i] = ones[parent + i]!;
      shares[at + i] = shares[parent + i]!;
    }
    extend(at, length, zero, one, feature);
    if (id < 0) {
      const value = trees.leafValue[~id]!;
      const output = trees.leafOutput[~id]!;
      for (let i = 1; i <= length; i++)
        add(features[at + i]!, output, unwoundSum(at, length, i) * (ones[at + i]! - zeros[at + i]!) * value);
      return;
    }
    const own = trees.feature[id]!;
    const [yes, no] = [trees.whenTrue[id]!, trees.whenFalse[id]!];
    const isTrue = goesTrue(trees, id, row);
    const [hot, cold] = isTrue ? [yes, no] : [no, yes];
    const coverOf = (child: number): number => (child < 0 ? trees.leafCover[~child]! : trees.nodeCover[child]!);
    const share = (child: number): number => coverOf(child) / trees.nodeCover[id]!;
    // A feature that is on the path already is taken off it, and goes on with both its fractions.
    let zeroBefore = 1;
    let oneBefore = 1;
    for (let i = 1; i <= length; i++) {
      if (features[at + i] !== own) continue;
      zeroBefore = zeros[at + i]!;
      oneBefore = ones[at + i]!;
      unwind(at, length, i);
      length--;
      break;
    }
    visit(hot, at, length + 1, zeroBefore * share(hot), oneBefore, own);
    visit(cold, at, length + 1, zeroBefore * share(cold), 0, own);
  };
  for (const root of trees.roots) visit(root, -width, 0, 1, 1, -1);
}
