import { numbersOf, type Value } from '../convert/portable/tensor.ts';
import type { Forest } from '../learn/trees/forest.ts';

/** A `TreeEnsemble` as a forest of ours. */
export interface GraphForest {
  readonly forest: Forest;
  /** The column of the node's matrix that each feature of the forest is: numbers first, then categories. */
  readonly columns: readonly number[];
}

const branchLessOrEqual = 0;
const branchMember = 6;

/**
 * Reads the attributes of a `TreeEnsemble` (ai.onnx.ml 5) back into the arrays that our kernels score.
 *
 * @returns undefined where the trees are none that ours would write: other comparisons, a tree for several outputs, a column that is
 * compared and looked up, leaves that float32 does not hold, or nodes that are met twice
 */
export function forestOfGraph(
  attribute: (name: string) => Value | undefined,
  classes: number,
): GraphForest | undefined {
  const numbers = (name: string): ArrayLike<number> => {
    const value = attribute(name);
    return value === undefined ? [] : numbersOf(value);
  };
  const roots = Array.from(numbers('tree_roots'));
  const [feature, split, modes] = [numbers('nodes_featureids'), numbers('nodes_splits'), numbers('nodes_modes')];
  const missing = numbers('nodes_missing_value_tracks_true');
  const [whenTrue, whenFalse] = [numbers('nodes_truenodeids'), numbers('nodes_falsenodeids')];
  const [isTrueLeaf, isFalseLeaf] = [numbers('nodes_trueleafs'), numbers('nodes_falseleafs')];
  const [leafOutput, leafWeight] = [numbers('leaf_targetids'), numbers('leaf_weights')];
  const members = setsOf(modes, numbers('membership_values'));
  if (members === undefined) return undefined;

  const [compared, lookedUp] = [new Set<number>(), new Map<number, number>()];
  for (let node = 0; node < feature.length; node++) {
    const codes = members.get(node);
    if (codes === undefined) compared.add(feature[node]!);
    else lookedUp.set(feature[node]!, Math.max(lookedUp.get(feature[node]!) ?? 1, ...codes.map((code) => code + 1)));
  }
  for (const column of lookedUp.keys()) if (compared.has(column)) return undefined;
  const ascending = (a: number, b: number): number => a - b;
  const categories = [...lookedUp.keys()].sort(ascending);
  const columns = [...[...compared].sort(ascending), ...categories];
  const place = new Map(columns.map((column, i) => [column, i]));

  const nodes: { id: number; left: number; right: number }[] = [];
  const leaves: number[] = [];
  const [nodeStart, leafStart, treeClass] = [[0], [0], [] as number[]];
  for (const root of roots) {
    const [firstNode, firstLeaf] = [nodes.length, leaves.length];
    const visit = (id: number, isLeaf: boolean): number => {
      if (isLeaf) return ~(leaves.push(id) - 1 - firstLeaf);
      if (nodes.length >= feature.length) return Number.NaN;
      const node = { id, left: 0, right: 0 };
      const at = nodes.push(node) - 1 - firstNode;
      node.left = visit(whenTrue[id]!, isTrueLeaf[id] === 1);
      node.right = visit(whenFalse[id]!, isFalseLeaf[id] === 1);
      return at;
    };
    visit(root, false);
    const outputs = new Set(leaves.slice(firstLeaf).map((leaf) => leafOutput[leaf]!));
    if (outputs.size !== 1 || nodes.some(({ left, right }) => Number.isNaN(left + right))) return undefined;
    treeClass.push([...outputs][0]!);
    nodeStart.push(nodes.length);
    leafStart.push(leaves.length);
  }
  if (leaves.some((leaf) => Math.fround(leafWeight[leaf]!) !== leafWeight[leaf])) return undefined;

  const [setStart, setCodes] = [[0], [] as number[]];
  const set = Int32Array.from(nodes, ({ id }) => {
    const codes = members.get(id);
    if (codes === undefined) return -1;
    setCodes.push(...codes);
    return setStart.push(setCodes.length) - 2;
  });
  const forest: Forest = {
    numberCount: columns.length - categories.length,
    categorySizes: categories.map((column) => lookedUp.get(column)!),
    classes,
    base: new Float64Array(classes),
    treeClass: Int32Array.from(treeClass),
    nodeStart: Int32Array.from(nodeStart),
    leafStart: Int32Array.from(leafStart),
    feature: Int32Array.from(nodes, ({ id }) => place.get(feature[id]!)!),
    threshold: Float32Array.from(nodes, ({ id }) => split[id]!),
    isMissingLeft: Uint8Array.from(nodes, ({ id }) => missing[id] ?? 0),
    set,
    left: Int32Array.from(nodes, ({ left }) => left),
    right: Int32Array.from(nodes, ({ right }) => right),
    gain: new Float64Array(nodes.length),
    leafValue: Float32Array.from(leaves, (leaf) => leafWeight[leaf]!),
    setStart: Int32Array.from(setStart),
    setCodes: Int32Array.from(setCodes),
  };
  return { forest, columns };
}

/** The codes of each node that looks its value up in a set; undefined where a node does something else, or a code is no code. */
function setsOf(modes: ArrayLike<number>, values: ArrayLike<number>): ReadonlyMap<number, number[]> | undefined {
  const sets = new Map<number, number[]>();
  let at = 0;
  for (let node = 0; node < modes.length; node++) {
    if (modes[node] === branchLessOrEqual) continue;
    if (modes[node] !== branchMember) return undefined;
    const codes: number[] = [];
    for (; at < values.length && !Number.isNaN(values[at]!); at++) codes.push(values[at]!);
    at++;
    if (!codes.every((code) => Number.isInteger(code) && code >= 0 && code < 1 << 20)) return undefined;
    sets.set(node, codes);
  }
  return sets;
}
