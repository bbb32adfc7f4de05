import { describe, expect, it } from 'vitest';
import { relu } from '../../../../src/backends/network/layers/activation.ts';
import { dense } from '../../../../src/backends/network/layers/dense.ts';
import { batchNorm } from '../../../../src/backends/network/layers/normalisation.ts';
import { network } from '../../../../src/backends/network/network.ts';
import type { Training } from '../../../../src/backends/network/training.ts';
import { Graph } from '../../../../src/backends/onnx/autodiff/graph.ts';
import { packParameters, unpack } from '../../../../src/backends/onnx/train/parameter-packs.ts';
import { planTraining } from '../../../../src/backends/onnx/train/plan.ts';
import { buildStep } from '../../../../src/backends/onnx/train/step-graph.ts';

const spec = network({
  inputs: { x: { dtype: 'float32', shape: [200] } },
  layers: [dense(2000, { name: 'wide' }), relu(), batchNorm({ name: 'norm' }), dense(2, { name: 'out' })],
});
const planOf = (training: Partial<Training> = {}) =>
  planTraining(spec, {
    loss: { kind: 'cross-entropy' },
    optimiser: { kind: 'adam', learningRate: 0.1 },
    ...training,
  });
const keysOf = (training?: Partial<Training>) =>
  packParameters(planOf(training)).map(({ members }) => members.map(({ key }) => key));

const statistics = [['norm/running-mean'], ['norm/running-variance']];

describe('packParameters', () => {
  it.each<[string, Partial<Training>, readonly (readonly string[])[]]>([
    [
      'puts small parameters together and leaves large ones and statistics alone',
      {},
      [['wide/weight'], ['wide/bias', 'norm/scale', 'norm/shift', 'out/weight', 'out/bias'], ...statistics],
    ],
    [
      'keeps what decays apart from what does not',
      { optimiser: { kind: 'adamw', learningRate: 0.1 } },
      [['wide/weight'], ['wide/bias', 'norm/scale', 'norm/shift', 'out/bias'], ...statistics, ['out/weight']],
    ],
    [
      'keeps groups with settings of their own apart',
      { groups: [{ match: 'norm/*', rateFactor: 0.5 }] },
      [['wide/weight'], ['wide/bias', 'out/weight', 'out/bias'], ['norm/scale', 'norm/shift'], ...statistics],
    ],
    [
      'leaves frozen parameters alone',
      { groups: [{ match: 'wide/bias', isFrozen: true }] },
      [['wide/weight'], ['wide/bias'], ['norm/scale', 'norm/shift', 'out/weight', 'out/bias'], ...statistics],
    ],
  ])('%s', (_, training, expected) => {
    const sorted = (packs: readonly (readonly string[])[]) => packs.map((pack) => pack.join()).sort();
    expect(sorted(keysOf(training))).toEqual(sorted(expected));
  });

  it('puts matrices into packs too where the network is small', () => {
    const layers = [dense(150, { name: 'a' }), dense(200, { name: 'b' }), dense(2, { name: 'c' })];
    const small = network({ inputs: { x: { dtype: 'float32', shape: [1000] } }, layers });
    const packs = packParameters(planTraining(small, planOf().training));
    const keys = ['a/bias', 'b/weight', 'b/bias', 'c/weight', 'c/bias'];
    expect(packs.map(({ members }) => members.map(({ key }) => key))).toEqual([['a/weight'], keys]);
  });

  it('lays the slots of the optimiser out like the weights', () => {
    const pack = packParameters(planOf()).find(({ members }) => members.length > 1)!;
    expect(pack.tensors.map(({ shape }) => shape)).toEqual([[10_002], [10_002], [10_002]]);
    const keys = ['wide/bias', 'norm/scale', 'norm/shift', 'out/weight', 'out/bias'];
    const expected = ['', '#moment', '#square'].map((slot) => keys.map((key) => `${key}${slot}`));
    expect(pack.tensors.map(({ members }) => members.map(({ key }) => key))).toEqual(expected);
  });

  it('gives each parameter its shape back', () => {
    const graph = new Graph();
    const packs = packParameters(planOf({ groups: [{ match: 'out/*', rateFactor: 2 }] }));
    const shapes = packs.flatMap((pack) =>
      unpack(graph, pack, graph.input(pack.tensors[0]!.key, 'float', pack.tensors[0]!.shape)).map(
        ([key, { shape }]) => [key, shape] as const,
      ),
    );
    expect(Object.fromEntries(shapes)).toEqual({
      'wide/weight': [200, 2000],
      'wide/bias': [2000],
      'norm/scale': [2000],
      'norm/shift': [2000],
      'norm/running-mean': [2000],
      'norm/running-variance': [2000],
      'out/weight': [2000, 2],
      'out/bias': [2],
    });
  });
});

describe('a step', () => {
  it('carries what changes and leaves outside what is frozen', () => {
    const plan = planOf({ groups: [{ match: 'wide/*', isFrozen: true }] });
    const { carried, fixed } = buildStep(plan, 8, [{ dtype: 'int64', shape: [] }], undefined);
    expect(fixed.map(({ key }) => key)).toEqual(['wide/weight', 'wide/bias']);
    const kept = carried.flatMap(({ members }) => members.map(({ key }) => key));
    expect(kept).toContain('norm/running-mean');
    expect(kept.filter((key) => key.startsWith('wide/'))).toEqual([]);
    expect([...kept, ...fixed.map(({ key }) => key)].sort()).toEqual(plan.state.map(({ key }) => key).sort());
  });
});
