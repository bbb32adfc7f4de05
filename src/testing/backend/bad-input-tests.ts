import type { Backend, Tensor, TrainableNetwork, TrainingData } from '../../backends/backend.ts';
import type { NetworkSpec } from '../../backends/network/network-spec.ts';
import type { Training } from '../../backends/network/training.ts';
import type { ConformanceTest } from '../conformance-test.ts';
import { claim, claimRejects } from './claims.ts';
import { wholeCase } from './training-cases.ts';

const { network, training, data, batches } = wholeCase;

const badSpecs: Readonly<Record<string, unknown>> = {
  'of a format that is not known': { ...network, formatVersion: 99 },
  'without layers': { ...network, layers: [] },
  'with a layer that does not exist': { ...network, layers: [{ kind: 'quantum' }] },
  'with a layer of no width': { ...network, layers: [{ kind: 'dense', units: 0, name: 'out' }] },
  'with an input that nothing has': { ...network, layers: [{ kind: 'dense', units: 3, name: 'out', from: 'nowhere' }] },
  'with an output that nothing makes': { ...network, outputs: { y: 'nowhere' } },
  'with two layers of one name': { ...network, layers: [...network.layers, { kind: 'dense', units: 3, name: 'out' }] },
};

const badTrainings: Readonly<Record<string, Partial<Record<keyof Training, unknown>>>> = {
  'a loss that does not exist': { loss: { kind: 'regret' } },
  'a loss on an output that does not exist': { loss: { kind: 'cross-entropy', output: 'z' } },
  'an optimiser that does not exist': { optimiser: { kind: 'luck', learningRate: 1 } },
  'a learning rate that is no number': { optimiser: { kind: 'sgd', learningRate: Number.NaN } },
  'a schedule that does not exist': { schedule: { kind: 'never' } },
  'a norm of zero': { clipNorm: 0 },
  'no parts': { accumulate: 0 },
};

/** Networks and trainings that every backend refuses before it does anything. */
export function badSpecTests(backend: Backend): ConformanceTest[] {
  const refuses = (name: string, spec: unknown, how: unknown): ConformanceTest => ({
    name: `refuses ${name}`,
    async run() {
      const compile = () => backend.compile(spec as NetworkSpec, how as Training);
      const { message } = await claimRejects(compile, ['REQUEST_INVALID', 'FORMAT_VERSION'], name);
      claim(message.length > 20, `Expected a message that says what to do, got ${JSON.stringify(message)}.`);
    },
  });
  return [
    ...Object.entries(badSpecs).map(([name, spec]) => refuses(`a network ${name}`, spec, training)),
    ...Object.entries(badTrainings).map(([name, part]) => refuses(name, network, { ...training, ...part })),
  ];
}

const numbers = data.inputs.numbers as Extract<Tensor, { dtype: 'float32' }>;
const labels = data.targets.labels as Extract<Tensor, { dtype: 'int64' }>;

function withInput(tensor: unknown): unknown {
  return { ...data, inputs: { numbers: tensor } };
}

const badData: Readonly<Record<string, unknown>> = {
  'without an input': { ...data, inputs: {} },
  'without the target': { ...data, targets: { other: labels, another: labels } },
  'of another type': withInput({ dtype: 'float64', shape: numbers.shape, data: Float64Array.from(numbers.data) }),
  'of another shape': withInput({ ...numbers, shape: [numbers.shape[0]! * 2, 3] }),
  'whose values do not fill their shape': withInput({ ...numbers, data: numbers.data.slice(1) }),
  'with NaN': withInput({ ...numbers, data: numbers.data.map((value, i) => (i === 3 ? Number.NaN : value)) }),
  'with a label out of range': { ...data, targets: { labels: { ...labels, data: labels.data.map(() => 3n) } } },
  'without rows': withInput({ ...numbers, shape: [0, 6], data: new Float32Array(0) }),
};

const badBatches: Readonly<Record<string, unknown>> = {
  'that is empty': [new Int32Array(0)],
  'with a row that is not there': [Int32Array.of(0, 24)],
  'with a row below zero': [Int32Array.of(-1)],
  'that is no Int32Array': [[0, 1]],
};

/** Data and batches that every network refuses, to go on as if nothing had been asked. */
export function badDataTests(open: () => Promise<TrainableNetwork>): ConformanceTest[] {
  const refuses = (name: string, own: unknown, rows: unknown): ConformanceTest => ({
    name: `refuses ${name}`,
    async run() {
      await using trained = await open();
      const steps = () => trained.steps(own as TrainingData, rows as readonly Int32Array[]);
      await claimRejects(steps, ['REQUEST_INVALID'], name);
      claim(trained.step === 0, `Expected no step on ${name}, got ${trained.step}.`);
      await trained.steps(data, batches.slice(0, 1));
    },
  });
  return [
    ...Object.entries(badData).map(([name, own]) => refuses(`data ${name}`, own, batches)),
    ...Object.entries(badBatches).map(([name, rows]) => refuses(`a batch ${name}`, data, rows)),
    {
      name: 'a loss that is no number any more is an error with the step, before which the network stays',
      async run() {
        await using trained = await open();
        await trained.steps(data, batches.slice(0, 1));
        const snapshot = await trained.snapshot();
        const weight = snapshot.state['out/weight'] as Extract<Tensor, { dtype: 'float32' }>;
        const huge = { ...weight, data: weight.data.map((_, i) => (i % 2 === 0 ? 3e38 : -3e38)) };
        await trained.restore({ ...snapshot, state: { ...snapshot.state, 'out/weight': huge } });
        const error = await claimRejects(
          () => trained.steps(data, batches),
          ['TRAIN_DIVERGED'],
          'a training that diverges',
        );
        claim(error.details.step === 1, `Expected the details to name step 1, got ${error.details.step}.`);
        claim(error.details.layer === 'out', `Expected the layer "out", got ${error.details.layer}.`);
        claim(trained.step === 1, `Expected the network to be at step 1, got ${trained.step}.`);
      },
    },
  ];
}
