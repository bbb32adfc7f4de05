import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadModel } from '../../src/index.ts';
import { type BareHost, bareHost } from './bare-host.ts';
import { networkAnswers } from './sample.ts';

const penguins = fileURLToPath(new URL('../../examples/data/penguins.csv', import.meta.url));

/** Runs a program in a host's folder; its last line is JSON. */
async function run<T>(host: BareHost, text: string): Promise<T> {
  const { NODE_PATH: _, ...env } = process.env;
  const { stdout } = await promisify(execFile)(process.execPath, [host.program(text)], { cwd: host.folder, env });
  return JSON.parse(stdout.trimEnd().split('\n').at(-1)!) as T;
}

/** A whole run with a network as its one learner, then its model in both places. */
const wholeRun = `
import { Trainer } from 'traineragent';
const run = new Trainer().run({
  prompt: 'Predict the species of a penguin with a neural network.',
  data: ${JSON.stringify(penguins)},
  budget: { workUnits: 3000 },
  answers: ${JSON.stringify(networkAnswers)},
});
const events = [];
for await (const event of run) events.push(event);
const outcome = await run.result;
if (outcome.status !== 'complete') throw new Error(JSON.stringify(outcome.verdict));
const records = [
  { island: 'Biscoe', bill_length_mm: 46.1, bill_depth_mm: 13.2, flipper_length_mm: 211, body_mass_g: 4500, sex: 'female', year: 2007 },
  { island: 'Dream', bill_length_mm: 50, bill_depth_mm: 19.5, flipper_length_mm: 196, body_mass_g: 3900, sex: 'male', year: 2007 },
  { bill_length_mm: 39.1 },
];
await outcome.model.save('model.onnx');
const { loadModel } = await import('traineragent');
const inChild = await loadModel('model.onnx', { where: 'child' });
console.log(JSON.stringify({
  learners: outcome.facts.winner.members.map(({ learner }) => learner),
  score: outcome.facts.scores[0].value,
  runtime: outcome.facts.environment.runtime,
  notes: events.filter(({ type }) => type === 'stage-progress').map(({ note }) => note).filter((note) => note?.includes('onnxruntime')),
  summary: events.find(({ type, stage }) => type === 'message' && stage === 'model.freeze').summary,
  report: (await outcome.report()).includes('in place of onnxruntime-node'),
  here: await outcome.model.predict(records),
  child: await inChild.predict(records),
  records,
}));
`;

interface Told {
  readonly learners: readonly string[];
  readonly score: number;
  readonly runtime: string;
  readonly notes: readonly string[];
  readonly summary: string;
  readonly report: boolean;
  readonly here: readonly { readonly prediction: string; readonly probabilities: Record<string, number> }[];
  readonly child: Told['here'];
  readonly records: readonly Record<string, unknown>[];
}

describe('where onnxruntime-node is not installed and onnxruntime-web is', () => {
  let host: BareHost;
  beforeAll(() => {
    host = bareHost(['onnxruntime-web']);
  });
  afterAll(() => host[Symbol.dispose]());

  it('a whole run trains a network and says what it was computed by', { timeout: 300_000 }, async () => {
    const told = await run<Told>(host, wholeRun);
    expect(told.learners).toEqual(['network']);
    expect(told.score).toBeGreaterThan(0.9);
    expect(told.runtime).toMatch(/^onnxruntime-web \d+\.\d+\.\d+ in place of onnxruntime-node, which is missing/);
    expect(told.notes[0]).toBe('onnxruntime-node is missing here: onnxruntime-web computes in its place, more slowly');
    expect(told.summary).toMatch(/Computed by onnxruntime-web: onnxruntime-node is missing\.$/);
    expect(told.report).toBe(true);
    expect(told.child).toEqual(told.here);
    await using native = await loadModel(`${host.folder}/model.onnx`);
    const expected = await native.predict(told.records);
    for (const [row, { prediction, probabilities }] of told.here.entries()) {
      expect(prediction).toBe(expected[row]!.prediction);
      for (const [name, value] of Object.entries(probabilities)) {
        expect(value).toBeCloseTo((expected[row] as Told['here'][number]).probabilities[name]!, 5);
      }
    }
  });

  it('convolutions take the layout that this build can do, and blocks that are forced are refused', async () => {
    const made = await run<{ losses: number[]; name: string; insteadOf: string; code: string }>(
      host,
      `
import { conv2d, dense, flatten, network, onnxBackend } from 'traineragent/engine';
const spec = network({ inputs: { x: { dtype: 'float32', shape: [6, 6, 1] } }, layers: [conv2d({ filters: 16, kernel: 3 }), flatten(), dense(2)] });
const training = { loss: { kind: 'cross-entropy' }, optimiser: { kind: 'adam', learningRate: 0.01 } };
const x = Float32Array.from({ length: 16 * 36 }, (_, i) => Math.sin(i) + (i % 72 < 36 ? 1 : 0));
const y = BigInt64Array.from({ length: 16 }, (_, i) => BigInt(i % 2));
const data = { inputs: { x: { dtype: 'float32', shape: [16, 6, 6, 1], data: x } }, targets: { y: { dtype: 'int64', shape: [16], data: y } } };
const rows = Int32Array.from({ length: 16 }, (_, i) => i);
const trained = await onnxBackend().compile(spec, training);
const losses = await trained.steps(data, Array(20).fill(rows));
const forced = await onnxBackend({ layout: 'nchwc' }).compile(spec, training).then((net) => net.steps(data, [rows])).catch(({ code }) => code);
console.log(JSON.stringify({ losses: [losses[0], losses[19]], ...(await onnxBackend().runtime()), code: forced }));
`,
    );
    expect(made).toMatchObject({ name: 'onnxruntime-web', insteadOf: 'onnxruntime-node', code: 'MODEL_UNSUPPORTED' });
    expect(made.losses[1]).toBeLessThan(made.losses[0]! / 2);
  });
});

it('where neither is installed, the error says what to install', { timeout: 120_000 }, async () => {
  using host = bareHost([]);
  const errors = await run<{ code: string; message: string }[]>(
    host,
    `
import { readFileSync } from 'node:fs';
import { Trainer } from 'traineragent';
import { dense, network, onnxBackend } from 'traineragent/engine';
const bytes = readFileSync(${JSON.stringify(fileURLToPath(new URL('../fixtures/judge/wine.onnx', import.meta.url)))});
const spec = network({ inputs: { x: { dtype: 'float32', shape: [1] } }, layers: [dense(1)] });
const training = { loss: { kind: 'mean-squared-error' }, optimiser: { kind: 'sgd', learningRate: 0.1 } };
const tries = [
  () => onnxBackend().load(bytes, { where: 'inline' }),
  () => onnxBackend().load(bytes, { where: 'child' }),
  () => onnxBackend().compile(spec, training),
  () => onnxBackend().runtime(),
  () => new Trainer().run({ prompt: 'Predict the species of a penguin.', data: ${JSON.stringify(penguins)}, budget: { workUnits: 300 }, answers: { 'model.candidates': { learners: ['linear'] } } }).result,
];
const errors = [];
for (const one of tries) errors.push(await one().then(() => ({}), ({ code, message }) => ({ code, message })));
console.log(JSON.stringify(errors));
`,
  );
  expect(errors).toHaveLength(5);
  for (const { code, message } of errors) {
    expect(code).toBe('PEER_MISSING');
    expect(message).toContain('npm i onnxruntime-node --ignore-scripts');
    expect(message).toContain('npm i onnxruntime-web --ignore-scripts');
  }
});
