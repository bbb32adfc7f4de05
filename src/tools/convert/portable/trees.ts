import { allocate, numbersOf, sizeOf, type Value } from './tensor.ts';

/** `BRANCH_MEMBER`; every other mode here is `BRANCH_LEQ`. */
const memberMode = 6;

/** Makes the evaluation of a `TreeEnsemble` (ai.onnx.ml 5) with thresholds (≤) and sets. */
export function createTrees(attribute: (name: string) => Value | undefined, outputs: number): (x: Value) => Value {
  const numbers = (name: string): ArrayLike<number> => {
    const value = attribute(name);
    return value === undefined ? [] : numbersOf(value);
  };
  // Lists of one type each, which is what makes a step cost nanoseconds.
  const roots = Int32Array.from(numbers('tree_roots'));
  const feature = Int32Array.from(numbers('nodes_featureids'));
  const split = Float64Array.from(numbers('nodes_splits'));
  const modes = numbers('nodes_modes');
  const missing = numbers('nodes_missing_value_tracks_true');
  // A leaf is the complement of its number: a step ends where what it leads to is below zero.
  const targets = (ids: ArrayLike<number>, isLeaf: ArrayLike<number>): Int32Array =>
    Int32Array.from(ids, (id, i) => (isLeaf[i] === 1 ? ~id : id));
  const whenTrue = targets(numbers('nodes_truenodeids'), numbers('nodes_trueleafs'));
  const whenFalse = targets(numbers('nodes_falsenodeids'), numbers('nodes_falseleafs'));
  const leafOutput = Int32Array.from(numbers('leaf_targetids'));
  const leafWeight = Float64Array.from(numbers('leaf_weights'));
  const members = Array.from(numbers('membership_values'));
  const sets: (ReadonlySet<number> | undefined)[] = [];
  /** 0: a threshold; 1: one that sends what is missing the same way; 2: a set. */
  const kinds = Uint8Array.from(feature, (_, i) => (modes[i] === memberMode ? 2 : missing[i] === 1 ? 1 : 0));
  let from = 0;
  for (let i = 0; i < feature.length; i++) {
    sets.push(undefined);
    if (kinds[i] !== 2) continue;
    const end = members.findIndex((value, at) => at >= from && Number.isNaN(value));
    sets[i] = new Set(members.slice(from, end));
    from = end + 1;
  }
  return (x) => {
    const [rows, width] = [x.shape[0]!, sizeOf(x.shape.slice(1))];
    const data = numbersOf(x);
    const sums = new Float64Array(rows * outputs);
    // Tree by tree: the nodes of one stay near while all rows pass through it.
    for (const root of roots) {
      for (let row = 0, start = 0; row < rows; row++, start += width) {
        let node = root;
        do {
          const value = data[start + feature[node]!]!;
          const kind = kinds[node]!;
          // What is missing is NaN, of which neither ≤ nor > is true.
          const isTrue =
            kind === 0 ? value <= split[node]! : kind === 1 ? !(value > split[node]!) : sets[node]!.has(value);
          node = isTrue ? whenTrue[node]! : whenFalse[node]!;
        } while (node >= 0);
        const at = row * outputs + leafOutput[~node]!;
        sums[at] = sums[at]! + leafWeight[~node]!;
      }
    }
    const out = allocate(x.type, sums.length);
    out.set(sums);
    return { type: x.type, shape: [rows, outputs], data: out };
  };
}
