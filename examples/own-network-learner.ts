// A learner of one's own that is a network: one hidden layer on the standardised numbers, trained on the run's backend,
// its weights written into the one ONNX file. As an object it runs on the host's thread; a module would run in the child.
import { defineLearner, type Features, type FittedModel, Trainer } from 'traineragent';
import { dense, network, tanh } from 'traineragent/engine';

const width = 16;

interface Parts {
  readonly means: Float32Array;
  readonly scales: Float32Array;
  /** [numbers, width], [width], [width, classes], [classes]. */
  readonly layers: readonly [Float32Array, Float32Array, Float32Array, Float32Array];
}

/** Rows of standardised numbers; what is missing is the mean. */
function standardised({ rowCount, numbers }: Features, { means, scales }: Omit<Parts, 'layers'>): Float32Array {
  return Float32Array.from({ length: rowCount * numbers.length }, (_, i) => {
    const f = i % numbers.length;
    const value = numbers[f]!.values[Math.floor(i / numbers.length)]!;
    return Number.isNaN(value) ? 0 : (value - means[f]!) / scales[f]!;
  });
}

function createModel(parts: Parts): FittedModel {
  const { means, scales, layers } = parts;
  const [w1, b1, w2, b2] = layers;
  const [inputs, classes] = [means.length, b2.length];
  return {
    learner: 'shallow',
    outputCount: classes,
    operationsPerRow: w1.length + w2.length,
    predict(features) {
      const x = standardised(features, parts);
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
    toGraph(graph, { numbers }) {
      const absent = graph.node('IsNaN', [numbers!]);
      const x = graph.node('Where', [absent, graph.floats(means, [1, inputs]), numbers!]);
      const z = graph.node('Div', [graph.node('Sub', [x, graph.floats(means)]), graph.floats(scales)]);
      const hidden = graph.node('Tanh', [graph.node('Gemm', [z, graph.floats(w1, [inputs, width]), graph.floats(b1)])]);
      return graph.node('Softmax', [
        graph.node('Gemm', [hidden, graph.floats(w2, [width, classes]), graph.floats(b2)]),
      ]);
    },
    toState: () => ({
      formatVersion: 1,
      learner: 'shallow',
      json: {},
      arrays: { means, scales, w1, b1, w2, b2 },
    }),
    importance: () => new Float64Array(inputs),
  };
}

const shallow = defineLearner({
  name: 'shallow',
  about: 'A network of one hidden layer on the numbers alone.',
  tasks: ['multiclass'],
  trainsOnBackend: true,
  iterationKey: 'epochs',
  defaults: () => ({ epochs: 40, learningRate: 0.02 }),
  space: () => ({ learningRate: { kind: 'float', low: 0.003, high: 0.1, scale: 'log' } }),
  cost: ({ epochs }, { rowCount, numberCount }) => (Number(epochs) * rowCount * numberCount * width) / 1e6,
  async fit({ features, target }, { epochs, learningRate }, { classCount }, { backend, random }) {
    const { rowCount, numbers } = features;
    const present = numbers.map(({ values }) => values.filter((value) => !Number.isNaN(value)));
    const means = Float32Array.from(present, (values) => values.reduce((a, b) => a + b, 0) / values.length);
    const scales = Float32Array.from(present, (values, f) =>
      Math.sqrt(values.reduce((sum, value) => sum + (value - means[f]!) * (value - means[f]!), 1e-12) / values.length),
    );
    const data = {
      inputs: {
        x: { dtype: 'float32', shape: [rowCount, numbers.length], data: standardised(features, { means, scales }) },
      },
      targets: { y: { dtype: 'int64', shape: [rowCount], data: BigInt64Array.from(target, BigInt) } },
    } as const;
    const spec = network({
      inputs: { x: { dtype: 'float32', shape: [numbers.length] } },
      layers: [dense(width, { name: 'hidden' }), tanh(), dense(classCount, { name: 'logits' })],
    });
    await using trained = await (await backend!()).compile(spec, {
      loss: { kind: 'cross-entropy' },
      optimiser: { kind: 'adam', learningRate: Number(learningRate) },
      seed: random.integer(1e9),
      threads: 1,
    });
    const size = Math.min(32, rowCount);
    for (let epoch = 0; epoch < Number(epochs); epoch++) {
      const order = random.shuffle(Int32Array.from({ length: rowCount }, (_, row) => row));
      const count = Math.floor(rowCount / size);
      await trained.steps(
        data,
        Array.from({ length: count }, (_, i) => order.slice(i * size, (i + 1) * size)),
      );
    }
    const { state } = await trained.snapshot();
    const [w1, b1, w2, b2] = ['hidden/weight', 'hidden/bias', 'logits/weight', 'logits/bias'].map(
      (key) => state[key]!.data as Float32Array,
    );
    return { model: createModel({ means, scales, layers: [w1!, b1!, w2!, b2!] }), notes: {} };
  },
  revive({ arrays }) {
    const { means, scales, w1, b1, w2, b2 } = arrays as Readonly<Record<string, Float32Array>>;
    return createModel({ means: means!, scales: scales!, layers: [w1!, b1!, w2!, b2!] });
  },
});

const outcome = await new Trainer({ learners: [shallow] }).run({
  prompt: 'Predict the species of a penguin.',
  data: 'penguins.csv',
  answers: { 'model.candidates': { learners: ['shallow'] } },
}).result;
if (outcome.status === 'complete') {
  const { metric, value } = outcome.facts.scores[0]!;
  console.log(metric, value, outcome.facts.winner?.members.map(({ learner }) => learner).join());
}
