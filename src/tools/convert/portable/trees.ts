import { allocate, numbersOf, sizeOf, type Value } from './tensor.ts';

/** Makes the evaluation of a `TreeEnsemble` (ai.onnx.ml 5) with thresholds (≤) and sets. */
export function createTrees(attribute: (name: string) => Value | undefined, outputs: number): (x: Value) => Value {
  const numbers = (name: string): ArrayLike<number> => {
    const value = attribute(name);
    return value === undefined ? [] : numbersOf(value);
  };
  const roots = Array.from(numbers('tree_roots'));
  const feature = numbers('nodes_featureids');
  const split = numbers('nodes_splits');
  const modes = numbers('nodes_modes');
  const missing = numbers('nodes_missing_value_tracks_true');
  const [whenTrue, whenFalse] = [numbers('nodes_truenodeids'), numbers('nodes_falsenodeids')];
  const [isTrueLeaf, isFalseLeaf] = [numbers('nodes_trueleafs'), numbers('nodes_falseleafs')];
  const [leafOutput, leafWeight] = [numbers('leaf_targetids'), numbers('leaf_weights')];
  const members = Array.from(numbers('membership_values'));
  const sets: (ReadonlySet<number> | undefined)[] = [];
  let from = 0;
  for (let i = 0; i < feature.length; i++) {
    if (modes[i] !== 6) continue;
    const end = members.findIndex((value, at) => at >= from && Number.isNaN(value));
    sets[i] = new Set(members.slice(from, end));
    from = end + 1;
  }
  return (x) => {
    const [rows, width] = [x.shape[0]!, sizeOf(x.shape.slice(1))];
    const data = numbersOf(x);
    const sums = new Float64Array(rows * outputs);
    for (let row = 0; row < rows; row++) {
      for (const root of roots) {
        let node = root;
        for (;;) {
          const value = data[row * width + feature[node]!]!;
          const set = sets[node];
          const isTrue =
            set === undefined ? value <= split[node]! || (missing[node] === 1 && Number.isNaN(value)) : set.has(value);
          const next = (isTrue ? whenTrue : whenFalse)[node]!;
          if ((isTrue ? isTrueLeaf : isFalseLeaf)[node] === 1) {
            sums[row * outputs + leafOutput[next]!]! += leafWeight[next]!;
            break;
          }
          node = next;
        }
      }
    }
    const out = allocate(x.type, sums.length);
    out.set(sums);
    return { type: x.type, shape: [rows, outputs], data: out };
  };
}
