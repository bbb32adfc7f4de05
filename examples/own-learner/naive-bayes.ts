// A learner of one's own, naive Bayes: inputs are taken as independent of each other within a class. Numbers are normal
// in each class, categories are counted, what is missing says nothing. The default export of a module is the learner.
import type { Features, FittedModel, Learner } from 'traineragent';

interface Parts {
  readonly task: 'binary' | 'multiclass';
  readonly classes: number;
  /** Log shares of the classes. */
  readonly prior: Float64Array;
  /** Of each number, over all rows: what it is standardised by. */
  readonly means: Float64Array;
  readonly scales: Float64Array;
  /** [numbers × classes]: the log density of z is a z² + b z + c. */
  readonly a: Float64Array;
  readonly b: Float64Array;
  readonly c: Float64Array;
  /** Log shares of the codes, [codes × classes] a category, one after the other; of `sizes` codes each. */
  readonly tables: Float64Array;
  readonly sizes: readonly number[];
}

const learner: Learner = {
  name: 'naive-bayes',
  about: 'Naive Bayes: each input speaks for itself. Fast, and good on few rows.',
  tasks: ['binary', 'multiclass'],
  defaults: () => ({ smoothing: 0.01 }),
  space: () => ({ smoothing: { kind: 'float', low: 1e-6, high: 1, scale: 'log' } }),
  cost: (_, { rowCount, numberCount, categorySizes }) => (rowCount * (4 * numberCount + categorySizes.length)) / 1e6,
  fit({ features, target, weights }, { smoothing }, { task, classCount }) {
    const { rowCount, numbers, categories } = features;
    const weightOf = (row: number) => weights?.[row] ?? 1;
    const prior = new Float64Array(classCount);
    for (let row = 0; row < rowCount; row++) prior[target[row]!]! += weightOf(row);

    const [means, scales] = [new Float64Array(numbers.length), new Float64Array(numbers.length)];
    const [a, b, c] = [0, 0, 0].map(() => new Float64Array(numbers.length * classCount)) as [
      Float64Array,
      Float64Array,
      Float64Array,
    ];
    numbers.forEach(({ values }, f) => {
      const all = momentsOf(values, weightOf, () => true);
      means[f] = all.mean;
      scales[f] = Math.sqrt(all.variance) || 1;
      for (let k = 0; k < classCount; k++) {
        const own = momentsOf(values, weightOf, (row) => target[row] === k);
        const mean = own.weight > 0 ? (own.mean - all.mean) / scales[f]! : 0;
        const variance = own.variance / (scales[f]! * scales[f]!) + Number(smoothing);
        const at = f * classCount + k;
        a[at] = -0.5 / variance;
        b[at] = mean / variance;
        c[at] = (-0.5 * mean * mean) / variance - 0.5 * Math.log(variance);
      }
    });

    const sizes = categories.map(({ size }) => size);
    const tables = categories.map(({ codes, size }) => {
      const counts = new Float64Array(size * classCount).fill(1); // one of each, so that nothing is impossible
      for (let row = 0; row < rowCount; row++) counts[codes[row]! * classCount + target[row]!]! += weightOf(row);
      return counts.map((count, i) => (i < classCount ? 0 : Math.log(count / (prior[i % classCount]! + size)))); // code 0: missing
    });

    const total = prior.reduce((sum, weight) => sum + weight, 0);
    const parts: Parts = {
      task: task as Parts['task'],
      classes: classCount,
      prior: prior.map((weight) => Math.log((weight + 1) / (total + classCount))),
      means,
      scales,
      a,
      b,
      c,
      tables: Float64Array.from(tables.flatMap((table) => [...table])),
      sizes,
    };
    return { model: fitted(parts), notes: {} };
  },
  revive: ({ json, arrays }) => fitted({ ...(json as object), ...arrays } as unknown as Parts),
};

export default learner;

function momentsOf(values: Float32Array, weightOf: (row: number) => number, isOf: (row: number) => boolean) {
  let [weight, sum, squares] = [0, 0, 0];
  const each = (visit: (value: number, weight: number) => void) =>
    values.forEach((value, row) => {
      if (!Number.isNaN(value) && isOf(row)) visit(value, weightOf(row));
    });
  each((value, w) => {
    weight += w;
    sum += w * value;
  });
  const mean = weight > 0 ? sum / weight : 0;
  each((value, w) => {
    squares += w * (value - mean) * (value - mean);
  });
  return { weight, mean, variance: weight > 0 ? squares / weight : 0 };
}

function fitted(parts: Parts): FittedModel {
  const { task, classes, prior, means, scales, a, b, c, tables, sizes } = parts;
  const outputCount = task === 'binary' ? 1 : classes;
  return {
    learner: 'naive-bayes',
    outputCount,
    operationsPerRow: classes * (6 * means.length + sizes.length + 4),
    predict: (features) => predict(parts, features),
    toGraph(graph, { numbers, codes }) {
      const double = (data: Float64Array, shape: readonly number[]) => graph.constant({ type: 'double', data, shape });
      const toDouble = (value: string) => graph.node('Cast', [value], { attributes: { to: { int: 11 } } });
      let sum = double(prior, [1, classes]);
      const add = (term: string) => {
        sum = graph.node('Add', [term, sum]);
      };
      if (numbers !== undefined) {
        const shape = [means.length, classes];
        const absent = graph.node('IsNaN', [numbers]);
        const known = toDouble(graph.node('Not', [absent]));
        const mean = double(means, [1, means.length]);
        const filled = graph.node('Where', [absent, mean, toDouble(numbers)]);
        const z = graph.node('Div', [graph.node('Sub', [filled, mean]), double(scales, [1, means.length])]);
        add(graph.node('MatMul', [graph.node('Mul', [z, z]), double(a, shape)]));
        add(graph.node('MatMul', [z, double(b, shape)]));
        add(graph.node('MatMul', [known, double(c, shape)]));
      }
      let from = 0;
      for (const [f, size] of sizes.entries()) {
        const code = graph.node('Gather', [codes!, graph.ints([f], [])], { attributes: { axis: { int: 1 } } });
        const table = double(tables.slice(from, from + size * classes), [size, classes]);
        add(graph.node('Gather', [table, code], { attributes: { axis: { int: 0 } } }));
        from += size * classes;
      }
      const shares = graph.node('Softmax', [sum], { attributes: { axis: { int: 1 } } });
      const wanted =
        task === 'binary'
          ? graph.node('Gather', [shares, graph.ints([1])], { attributes: { axis: { int: 1 } } })
          : shares;
      return graph.node('Cast', [wanted], { attributes: { to: { int: 1 } } });
    },
    toState: () => ({
      formatVersion: 1,
      learner: 'naive-bayes',
      json: { task, classes, sizes },
      arrays: { prior, means, scales, a, b, c, tables },
    }),
    importance: () => new Float64Array(means.length + sizes.length), // it has none to tell
  };
}

/** The same sums as in the graph. */
function predict(
  { task, classes, prior, means, scales, a, b, c, tables, sizes }: Parts,
  features: Features,
): Float64Array {
  const { rowCount, numbers, categories } = features;
  const out = new Float64Array(rowCount * (task === 'binary' ? 1 : classes));
  const sums = new Float64Array(classes);
  for (let row = 0; row < rowCount; row++) {
    sums.set(prior);
    numbers.forEach(({ values }, f) => {
      const z = (values[row]! - means[f]!) / scales[f]!;
      if (Number.isNaN(z)) return;
      for (let k = 0, at = f * classes; k < classes; k++, at++) sums[k]! += a[at]! * z * z + b[at]! * z + c[at]!;
    });
    let from = 0;
    categories.forEach(({ codes }, f) => {
      for (let k = 0; k < classes; k++) sums[k]! += tables[from + codes[row]! * classes + k]!;
      from += sizes[f]! * classes;
    });
    const greatest = Math.max(...sums);
    const shares = sums.map((sum) => Math.exp(sum - greatest));
    const total = shares.reduce((all, share) => all + share, 0);
    if (task === 'binary') out[row] = shares[1]! / total;
    else for (let k = 0; k < classes; k++) out[row * classes + k] = shares[k]! / total;
  }
  return out;
}
