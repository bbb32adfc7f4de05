import type { Backend, Tensors } from '../../backends/backend.ts';
import type { ConformanceTest } from '../conformance-test.ts';
import { claim, claimClose, claimRejects } from './claims.ts';
import { layerCases, type TrainingCase, wholeCase } from './training-cases.ts';

/** Networks whose files are predicted with: one with numbers, one with images, one with sequences. */
const shown: readonly TrainingCase[] = [
  wholeCase,
  ...layerCases.filter(({ name }) =>
    ['layer batchNorm of images', 'layer attention masked', 'layer lstm', 'layer embedding'].includes(name),
  ),
];

/** The files of trained networks, which every backend gives and loads alike. */
export function predictTests(backend: Backend, trainer: Backend): ConformanceTest[] {
  const trained = async ({ network, training, data, batches }: TrainingCase) => {
    const maker = backend.capabilities.train ? backend : trainer;
    await using made = await maker.compile(network, training);
    await made.steps(data, batches);
    const { outputs } = await made.evaluate(data);
    return { model: await made.toModel(), outputs };
  };
  return [
    ...shown.map(
      (one): ConformanceTest => ({
        name: `${one.name}: the file predicts what the network evaluates, for any number of rows`,
        async run() {
          const { model, outputs } = await trained(one);
          for (const from of new Set([backend, trainer])) {
            await using predictor = await from.load(model, { where: 'inline' });
            for (const rows of [1, 5, 24]) {
              const made = await predictor.predict(firstRows(one.data.inputs, rows));
              for (const [name, expected] of Object.entries(firstRows(outputs, rows))) {
                claimClose(
                  made[name]!.data as Float32Array,
                  expected.data as Float32Array,
                  1e-4,
                  `the output "${name}"`,
                );
              }
            }
          }
        },
      }),
    ),
    {
      name: 'refuses what is no model, and inputs that a model does not take',
      async run() {
        const garbage = () => backend.load(Uint8Array.of(1, 2, 3, 4), { where: 'inline' });
        await claimRejects(garbage, ['MODEL_INVALID', 'MODEL_UNSUPPORTED'], 'four bytes as a model');
        const { model } = await trained(wholeCase);
        await using predictor = await backend.load(model, { where: 'inline' });
        claim(predictor.inputs[0]?.name === 'numbers', 'Expected the input "numbers".');
        claim(predictor.outputs[0]?.name === 'y', 'Expected the output "y".');
        const inputs = wholeCase.data.inputs;
        const bad: readonly Tensors[] = [
          {},
          { ...inputs, more: inputs.numbers! },
          { numbers: { dtype: 'int64', shape: [1, 6], data: new BigInt64Array(6) } },
          { numbers: { dtype: 'float32', shape: [1, 7], data: new Float32Array(7) } },
          { numbers: { dtype: 'float32', shape: [1, 6], data: new Float32Array(5) } },
        ];
        for (const own of bad) {
          await claimRejects(() => predictor.predict(own), ['REQUEST_INVALID'], 'a wrong input');
        }
      },
    },
  ];
}

function firstRows(tensors: Tensors, rows: number): Tensors {
  return Object.fromEntries(
    Object.entries(tensors).map(([name, tensor]) => {
      const size = tensor.data.length / tensor.shape[0]!;
      return [name, { ...tensor, data: tensor.data.slice(0, rows * size), shape: [rows, ...tensor.shape.slice(1)] }];
    }),
  ) as Tensors;
}
