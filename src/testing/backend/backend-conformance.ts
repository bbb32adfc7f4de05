import type { Backend, TrainableNetwork, TrainingData, TrainingSnapshot } from '../../backends/backend.ts';
import type { ConformanceTest } from '../conformance-test.ts';
import { abortTests } from './abort-tests.ts';
import { badDataTests, badSpecTests } from './bad-input-tests.ts';
import { claim, claimClose, claimRejects } from './claims.ts';
import { predictTests } from './predict-tests.ts';
import { layerCases, lossCases, optimiserCases, type TrainingCase, wholeCase } from './training-cases.ts';

/** How a backend is held against the contract. */
export interface BackendConformanceOptions {
  /** What its loss curves are held against. @default itself: the same training once more */
  readonly reference?: Backend;
  /**
   * The most that a loss may differ from the reference, relative to the larger of 1 and the loss itself.
   *
   * @default 0 against itself where the backend says that it is deterministic, else 0.001
   */
  readonly tolerance?: number;
  /** Bytes in use as the backend counts them. @default the resident memory of the process; nothing is held in a browser */
  readonly memoryBytes?: () => number;
}

const bytesOf = (): number => (typeof process === 'undefined' ? 0 : process.memoryUsage.rss());

/** What 1,000 steps may grow by, where bytes are counted and where the process is measured; one leaked activation a step would be more. */
const mostGrowth = { counted: 2e5, measured: 96e6 };

const curveOf = async (backend: Backend, { network, training, data, batches }: TrainingCase): Promise<Float32Array> => {
  await using trained = await backend.compile(network, training);
  return trained.steps(data, batches);
};

/**
 * What every backend that trains has to keep, as tests for any test runner or none: each layer, loss and optimiser, the same curve for the
 * same seed, snapshots, aborts, disposal, memory, and what it refuses. It needs nothing of Node, so that it runs in a browser.
 *
 * @example
 * for (const { name, run } of backendConformance(myBackend, { reference: onnxBackend() })) it(name, run);
 */
export function backendConformance(
  backend: Backend,
  options: BackendConformanceOptions = {},
): readonly ConformanceTest[] {
  const own = backend.capabilities.deterministic ? 0 : 1e-3;
  const tolerance = options.tolerance ?? (options.reference === undefined ? own : 1e-3);
  const tests: ConformanceTest[] = [
    {
      name: 'says what it can do',
      async run() {
        const { train, predict, dtypes, devices, deterministic } = backend.capabilities;
        for (const [name, value] of Object.entries({ train, predict, deterministic })) {
          claim(typeof value === 'boolean', `Expected capabilities.${name} to be true or false, got ${value}.`);
        }
        claim(/^\S{1,60}$/.test(backend.name), `Expected a name of one word, got ${JSON.stringify(backend.name)}.`);
        claim(dtypes.includes('float32') && dtypes.includes('int64'), 'Expected it to take float32 and int64.');
        claim(devices.length > 0, 'Expected at least one device.');
      },
    },
  ];
  const open = () => backend.compile(wholeCase.network, wholeCase.training);
  if (backend.capabilities.train) {
    tests.push(
      ...[...layerCases, ...lossCases, ...optimiserCases].map((one) => curveTest(backend, options, one, tolerance)),
      ...stateTests(open, own),
      ...controlTests(open),
      ...abortTests(backend),
      memoryTest(backend, options.memoryBytes),
      ...badSpecTests(backend),
      ...badDataTests(open),
    );
  }
  if (backend.capabilities.predict) tests.push(...predictTests(backend, options.reference ?? backend));
  return tests;
}

function curveTest(
  backend: Backend,
  { reference = backend }: BackendConformanceOptions,
  one: TrainingCase,
  tolerance: number,
): ConformanceTest {
  return {
    name: `${one.name}: trains, evaluates and gives the reference's curve`,
    async run() {
      const { network, training, data, batches } = one;
      await using trained = await backend.compile(network, training);
      const losses = await trained.steps(data, batches);
      claim(trained.step === batches.length, `Expected ${batches.length} steps, got ${trained.step}.`);
      claimClose(losses, await curveOf(reference, one), tolerance, 'the losses');
      const { loss, outputs } = await trained.evaluate(data);
      claim(Number.isFinite(loss), `Expected a finite loss of the evaluation, got ${loss}.`);
      const rows = Object.values(data.inputs)[0]!.shape[0]!;
      for (const name of Object.keys(network.outputs)) {
        const output = outputs[name];
        claim(output?.dtype === 'float32' && output.shape[0] === rows, `Expected ${rows} rows of "${name}".`);
        const size = output.shape.reduce((product, size) => product * size, 1);
        claim(output.data.length === size, `Expected ${size} values of "${name}", got ${output.data.length}.`);
      }
    },
  };
}

const statesAreClose = (got: TrainingSnapshot, expected: TrainingSnapshot, tolerance: number): void => {
  claim(got.step === expected.step, `Expected step ${expected.step}, got ${got.step}.`);
  const keys = Object.keys(expected.state);
  claim(Object.keys(got.state).join() === keys.join(), 'Expected the same tensors in the same order.');
  for (const key of keys) {
    claimClose(got.state[key]!.data as Float32Array, expected.state[key]!.data as Float32Array, tolerance, key);
  }
};

function stateTests(open: () => Promise<TrainableNetwork>, tolerance: number): ConformanceTest[] {
  const { data, batches } = wholeCase;
  return [
    {
      name: 'a training that is stopped, kept as a snapshot and resumed in another network goes on as if it had not been',
      async run() {
        await using whole = await open();
        await whole.steps(data, batches);
        await using first = await open();
        await first.steps(data, batches.slice(0, 2));
        const snapshot = await first.snapshot();
        await first.steps(data, batches.slice(0, 1)); // changes nothing in the snapshot
        await using second = await open();
        await second.restore(snapshot);
        claim(second.step === 2, `Expected step 2 after a restore, got ${second.step}.`);
        await second.steps(data, batches.slice(2));
        statesAreClose(await second.snapshot(), await whole.snapshot(), tolerance);
      },
    },
    {
      name: 'steps one by one are those of one call, and metrics come with them',
      async run() {
        await using whole = await open();
        const losses = await whole.steps(data, batches);
        await using single = await open();
        for (const [i, batch] of batches.entries()) {
          const metrics: number[] = [];
          const loss = await single.steps(data, [batch], {
            onSteps: (_, __, made) => metrics.push(...(made?.accuracy ?? [])),
          });
          claimClose(loss, losses.slice(i, i + 1), tolerance, 'the loss');
          claim(metrics.length === 1 && metrics[0]! >= 0 && metrics[0]! <= 1, 'Expected one accuracy a step.');
        }
      },
    },
    {
      name: 'a learning rate that is set holds from the next step on, and comes with the snapshot',
      async run() {
        await using trained = await open();
        trained.setLearningRate(1e-30);
        const before = await trained.snapshot();
        claim(before.learningRate === 1e-30, `Expected the rate that was set, got ${before.learningRate}.`);
        await trained.steps(data, batches.slice(0, 2));
        const after = await trained.snapshot();
        const key = 'out/weight';
        claimClose(after.state[key]!.data as Float32Array, before.state[key]!.data as Float32Array, 1e-6, key);
      },
    },
    {
      name: 'the average of the weights is another network than the last one',
      async run() {
        await using trained = await open();
        await trained.steps(data, batches);
        const [last, average] = [await trained.evaluate(data), await trained.evaluate(data, { weights: 'average' })];
        claim(last.loss !== average.loss, 'Expected another loss of the averaged weights.');
        const { outputs } = await trained.evaluate(data, { outputs: false });
        claim(Object.keys(outputs).length === 0, 'Expected no outputs where none are asked for.');
      },
    },
    {
      name: 'a damaged snapshot is refused, and the network is as it was',
      async run() {
        await using trained = await open();
        await trained.steps(data, batches.slice(0, 1));
        const snapshot = await trained.snapshot();
        const key = 'out/weight';
        const { [key]: tensor, ...others } = snapshot.state;
        const cut = { ...tensor!, data: (tensor!.data as Float32Array).slice(1) } as typeof tensor;
        for (const bad of [
          { ...snapshot, formatVersion: 3 },
          { ...snapshot, step: -1 },
          { ...snapshot, state: others },
          { ...snapshot, state: { ...snapshot.state, [key]: cut } },
        ]) {
          await claimRejects(
            () => trained.restore(bad as TrainingSnapshot),
            ['REQUEST_INVALID', 'FORMAT_VERSION'],
            'a damaged snapshot',
          );
        }
        statesAreClose(await trained.snapshot(), snapshot, 0);
      },
    },
  ];
}

function controlTests(open: () => Promise<TrainableNetwork>): ConformanceTest[] {
  const { data, batches } = wholeCase;
  return [
    {
      name: 'an abort stops before a step or between steps, and keeps those that were made',
      async run() {
        await using trained = await open();
        const abort = () => trained.steps(data, batches, { signal: AbortSignal.abort() });
        await claimRejects(abort, ['RUN_ABORTED'], 'an aborted call');
        claim(trained.step === 0, `Expected no step after an abort at the start, got ${trained.step}.`);
        const controller = new AbortController();
        const many = Array.from({ length: 5000 }, () => batches[0]!);
        let seen = 0;
        const during = () =>
          trained.steps(data, many, {
            signal: controller.signal,
            onSteps(step) {
              seen = step;
              controller.abort();
            },
          });
        await claimRejects(during, ['RUN_ABORTED'], 'a call that is aborted between steps');
        claim(
          seen > 0 && trained.step >= seen && trained.step < many.length,
          `Expected some steps, got ${trained.step}.`,
        );
        await trained.steps(data, batches.slice(0, 1));
        await claimRejects(
          () => trained.evaluate(data, { signal: AbortSignal.abort() }),
          ['RUN_ABORTED'],
          'an aborted evaluation',
        );
      },
    },
    {
      name: 'calls are done in the order they came, also behind one that fails',
      async run() {
        await using trained = await open();
        const first = trained.steps(data, batches.slice(0, 2));
        const failing = trained.steps(data, [new Int32Array(0)]).then(
          () => 'made',
          () => 'refused',
        );
        const last = trained.steps(data, batches.slice(2, 3));
        claim((await first).length === 2 && (await last).length === 1, 'Expected three steps.');
        claim((await failing) === 'refused', 'Expected an empty batch to be refused.');
        claim(trained.step === 3, `Expected step 3, got ${trained.step}.`);
      },
    },
    {
      name: 'after disposal nothing is done, and it can be disposed of twice',
      async run() {
        const trained = await open();
        const made = trained.steps(data, batches.slice(0, 1));
        await trained[Symbol.asyncDispose]();
        claim((await made).length === 1, 'Expected the call before the disposal to end.');
        await trained[Symbol.asyncDispose]();
        await claimRejects(() => trained.steps(data, batches), ['REQUEST_INVALID'], 'a call after disposal');
        await claimRejects(() => trained.snapshot(), ['REQUEST_INVALID'], 'a snapshot after disposal');
      },
    },
    {
      name: 'two networks at once give what each gives alone',
      async run() {
        await using alone = await open();
        const expected = await alone.steps(data, batches);
        await using a = await open();
        await using b = await open();
        const [left, right] = await Promise.all([a.steps(data, batches), b.steps(data, batches)]);
        claimClose(left!, expected, 1e-6, 'the losses');
        claimClose(right!, expected, 1e-6, 'the losses');
      },
    },
  ];
}

function memoryTest(backend: Backend, counted: (() => number) | undefined): ConformanceTest {
  return {
    name: 'memory is flat over 1,000 steps',
    async run() {
      const { training, data } = wholeCase;
      const memoryBytes = counted ?? bytesOf;
      const most = counted === undefined ? mostGrowth.measured : mostGrowth.counted;
      const [width, rows] = counted === undefined ? [512, 256] : [16, 24];
      const input = data.inputs.numbers!;
      // One activation of this network is half a megabyte a step where the process is measured, and two kilobytes where bytes are counted.
      const network = {
        ...wholeCase.network,
        layers: wholeCase.network.layers.map((layer) =>
          layer.kind === 'dense' && layer.name !== 'out' ? { ...layer, units: width } : layer,
        ),
      };
      const batch = Int32Array.from({ length: rows }, (_, i) => i % input.shape[0]!);
      await using trained = await backend.compile(network, training);
      const steps = (count: number): Promise<Float32Array> =>
        trained.steps(
          data as TrainingData,
          Array.from({ length: count }, () => batch),
        );
      await steps(100);
      const before = memoryBytes();
      await steps(1000);
      const grown = memoryBytes() - before;
      claim(grown < most, `Expected memory to be flat over 1,000 steps, got ${grown} bytes more.`);
    },
  };
}
