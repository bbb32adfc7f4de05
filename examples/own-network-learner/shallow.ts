// A learner of one's own that is a network: one hidden layer on standardised numbers and one-hot categories, trained on the
// run's backend, its weights written into the one ONNX file.
import { defineLearner, type Features, type FittedModel } from 'traineragent';
import { dense, network, tanh } from 'traineragent/engine';

const width = 16;

interface Parts {
  /** Of the numbers. */
  readonly means: Float32Array;
  readonly scales: Float32Array;
  /** Of the categories: how many codes each has. */
  readonly sizes: Int32Array;
  /** [inputs, width], [width], [width, classes], [classes]. */
  readonly layers: readonly [Float32Array, Float32Array, Float32Array, Float32Array];
}

type Encoding = Omit<Parts, 'layers'>;
const inputsOf = ({ means, sizes }: Encoding) => sizes.reduce((sum, size) => sum + size, means.length);

/** Rows of standardised numbers (what is missing is the mean), then a place for each code of each category. */
function encode({ rowCount, numbers, categories }: Features, encoding: Encoding): Float32Array {
  const inputs = inputsOf(encoding);
  const out = new Float32Array(rowCount * inputs);
  for (let row = 0; row < rowCount; row++) {
    let at = row * inputs;
    numbers.forEach(({ values }, f) => {
      const value = values[row]!;
      out[at++] = Number.isNaN(value) ? 0 : (value - encoding.means[f]!) / encoding.scales[f]!;
    });
    categories.forEach(({ codes }, f) => {
      out[at + codes[row]!] = 1;
      at += encoding.sizes[f]!;
    });
  }
  return out;
}

function createModel(parts: Parts): FittedModel {
  const { means, scales, sizes, layers } = parts;
  const [w1, b1, w2, b2] = layers;
  const [inputs, classes] = [inputsOf(parts), b2.length];
  return {
    learner: 'shallow',
    outputCount: classes,
    operationsPerRow: w1.length + w2.length,
    predict(features) {
      const x = encode(features, parts);
      const out = new Float64Array(features.rowCount * classes);
      for (let row = 0; row < features.rowCount; row++) {
        const hidden = Array.from(b1, (bias, j) => {
          let sum = bias;
          for (let k = 0; k < inputs; k++) sum += x[row * inputs + k]! * w1[k * width + j]!;
          return Math.tanh(sum);
        });
        const logits = Array.from(b2, (b, k) => hidden.reduce((sum, h, j) => sum + h * w2[j * classes + k]!, b));
        const shares = logits.map((logit) => Math.exp(logit - Math.max(...logits)));
        const total = shares.reduce((a, b) => a + b, 0);
        shares.forEach((share, k) => {
          out[row * classes + k] = share / total;
        });
      }
      return out;
    },
    toGraph(graph, { numbers, codes }) {
      const encoded: string[] = [];
      if (numbers !== undefined) {
        const absent = graph.node('IsNaN', [numbers]);
        const known = graph.node('Where', [absent, graph.floats(means, [1, means.length]), numbers]);
        encoded.push(graph.node('Div', [graph.node('Sub', [known, graph.floats(means)]), graph.floats(scales)]));
      }
      sizes.forEach((size, f) => {
        const code = graph.node('Gather', [codes!, graph.ints([f], [])], { attributes: { axis: { int: 1 } } });
        encoded.push(graph.node('OneHot', [code, graph.ints([size], []), graph.floats([0, 1])]));
      });
      const x = graph.node('Concat', encoded, { attributes: { axis: { int: 1 } } });
      const hidden = graph.node('Tanh', [graph.node('Gemm', [x, graph.floats(w1, [inputs, width]), graph.floats(b1)])]);
      return graph.node('Softmax', [
        graph.node('Gemm', [hidden, graph.floats(w2, [width, classes]), graph.floats(b2)]),
      ]);
    },
    toState: () => ({
      formatVersion: 1,
      learner: 'shallow',
      json: {},
      arrays: { means, scales, sizes, w1, b1, w2, b2 },
    }),
    importance: () => new Float64Array(means.length + sizes.length), // it has none to tell
  };
}

/** Standardisation of each number by what is known of it. */
function encodingOf({ numbers, categories }: Features): Encoding {
  const known = numbers.map(({ values }) => values.filter((value) => !Number.isNaN(value)));
  const mean = (values: Float32Array) => values.reduce((a, b) => a + b, 0) / (values.length || 1);
  const means = Float32Array.from(known, mean);
  const scales = Float32Array.from(known, (values, f) => {
    const deviation = Math.sqrt(mean(values.map((value) => (value - means[f]!) * (value - means[f]!))));
    return deviation > 1e-6 * Math.abs(means[f]!) ? deviation : 1; // a constant stays 0
  });
  return { means, scales, sizes: Int32Array.from(categories, ({ size }) => size) };
}

export default defineLearner({
  name: 'shallow',
  about: 'A network of one hidden layer.',
  tasks: ['multiclass'],
  trainsOnBackend: true,
  iterationKey: 'epochs',
  defaults: () => ({ epochs: 40, learningRate: 0.02 }),
  space: () => ({ learningRate: { kind: 'float', low: 0.003, high: 0.1, scale: 'log' } }),
  cost: ({ epochs }, { rowCount, numberCount, categorySizes }) =>
    (Number(epochs) * rowCount * categorySizes.reduce((sum, size) => sum + size, numberCount) * width) / 1e6,
  async fit({ features, target, weights }, { epochs, learningRate }, { classCount }, { backend, random }) {
    const { rowCount } = features;
    const encoding = encodingOf(features);
    const inputs = inputsOf(encoding);
    const data = {
      inputs: { x: { dtype: 'float32', shape: [rowCount, inputs], data: encode(features, encoding) } },
      targets: { y: { dtype: 'int64', shape: [rowCount], data: BigInt64Array.from(target, BigInt) } },
    } as const;
    const spec = network({
      inputs: { x: { dtype: 'float32', shape: [inputs] } },
      layers: [dense(width, { name: 'hidden' }), tanh(), dense(classCount, { name: 'logits' })],
    });
    await using trained = await (await backend!()).compile(spec, {
      loss: { kind: 'cross-entropy' },
      optimiser: { kind: 'adam', learningRate: Number(learningRate) },
      seed: random.integer(1e9),
      threads: 1,
    });
    const size = Math.min(32, rowCount);
    const rows = Int32Array.from({ length: rowCount }, (_, row) => row);
    const heaviest = weights?.reduce((most, weight) => Math.max(most, weight), 0) ?? 1;
    for (let epoch = 0; epoch < Number(epochs); epoch++) {
      // A row is drawn the more often, the more it weighs.
      const drawn = weights === undefined ? rows : rows.filter((row) => random.next() * heaviest < weights[row]!);
      const order = random.shuffle(drawn.slice());
      await trained.steps(
        data,
        Array.from({ length: Math.ceil(order.length / size) }, (_, i) => order.slice(i * size, (i + 1) * size)),
      );
    }
    const { state } = await trained.snapshot();
    const [w1, b1, w2, b2] = ['hidden/weight', 'hidden/bias', 'logits/weight', 'logits/bias'].map(
      (key) => state[key]!.data as Float32Array,
    );
    return { model: createModel({ ...encoding, layers: [w1!, b1!, w2!, b2!] }), notes: {} };
  },
  revive({ arrays }) {
    const { means, scales, w1, b1, w2, b2 } = arrays as Readonly<Record<string, Float32Array>>;
    const { sizes } = arrays as Readonly<Record<string, Int32Array>>;
    return createModel({ means: means!, scales: scales!, sizes: sizes!, layers: [w1!, b1!, w2!, b2!] });
  },
});
