import { describe, expect, test } from 'vitest';
import { onnxBackend } from '../../../src/backends/onnx/onnx-backend.ts';
import { fromFloat16, toFloat16 } from '../../../src/onnx/float16.ts';
import { loadModel } from '../../../src/tools/artefact/model.ts';
import { convertModel, type Precision } from '../../../src/tools/convert/convert-model.ts';
import type { TaskKind } from '../../../src/tools/learn/learner.ts';
import { linearLearner } from '../../../src/tools/learn/linear/linear-learner.ts';
import { networkLearner } from '../../../src/tools/learn/network/network-learner.ts';
import { treesLearner } from '../../../src/tools/learn/trees/trees-learner.ts';
import { buildSampleModel, sampleTable } from '../artefact/sample-model.ts';

const backend = onnxBackend();

describe('float16', () => {
  test.each([
    [0, 0],
    [1, 0x3c00],
    [-2, 0xc000],
    [65_504, 0x7bff],
    [65_520, 0x7c00],
    [1 / 16_777_216, 1],
    [2.98e-8, 0],
    [6.103515625e-5, 0x0400],
    [0.333_251_953_125, 0x3555],
    [1 / 3, 0x3555],
    [2049, 0x6800],
    [2051, 0x6802],
    [Number.POSITIVE_INFINITY, 0x7c00],
  ])('%d has the bits %d', (value, bits) => {
    expect(toFloat16(value)).toBe(bits);
  });

  test('every finite one comes back as itself', () => {
    const wrong = Array.from({ length: 0x10000 }, (_, bits) => bits).filter(
      (bits) => ((bits >>> 10) & 31) !== 31 && toFloat16(fromFloat16(bits)) !== bits,
    );
    expect(wrong).toEqual([]);
  });
});

describe('a converted network', () => {
  const build = (task: TaskKind) =>
    buildSampleModel(task, [{ learner: networkLearner, weight: 1, configuration: { width: 64, depth: 2, epochs: 3 } }]);

  test.each<[Precision, TaskKind, number, number]>([
    ['float16', 'binary', 0.7, 2e-3],
    ['int8', 'binary', 0.6, 0.1],
    ['int8-dynamic', 'binary', 0.6, 0.1],
    ['int8', 'multiclass', 0.6, 0.1],
    ['int8', 'regression', 0.6, 0.1],
  ])('as %s, %s, is smaller and predicts nearly alike on real rows', async (precision, task, share, difference) => {
    const { artefact } = await build(task);
    const rows = sampleTable(500, 'rows', 0.1);
    const made = await convertModel(artefact.bytes, precision, { backend, rows, times: precision === 'float16' });
    expect(made.sizeBytes.after).toBe(made.bytes.length);
    expect(made.sizeBytes.after).toBeLessThan(share * made.sizeBytes.before);
    expect(made.maxDifference).toBeLessThan(difference);
    expect(made.maxDifference).toBeGreaterThan(0);
    expect(made).toMatchObject({ rows: 500, areRowsReal: true });
    if (precision === 'float16') expect(made.latencyMs!.after.count).toBeGreaterThan(20);
    await using model = loadModel(made.bytes, backend);
    expect(model.card).toMatchObject({ precision });
    expect(await model.predict([{ usage: 3 }])).toHaveLength(1);
  });
});

describe('a conversion that makes no sense', () => {
  test.each<Precision>(['float16', 'int8', 'int8-dynamic'])(
    'is refused with the measured sizes: trees as %s',
    async (precision) => {
      const { artefact } = await buildSampleModel('binary', [
        { learner: treesLearner, weight: 1, configuration: { iterations: 20 } },
      ]);
      await expect(convertModel(artefact.bytes, precision, { backend })).rejects.toMatchObject({
        code: 'MODEL_UNSUPPORTED',
        details: { sizeBytes: artefact.bytes.length, weightBytes: 0 },
      });
    },
  );

  test('is refused for a small linear model', async () => {
    const { artefact } = await buildSampleModel('regression', [{ learner: linearLearner, weight: 1 }]);
    await expect(convertModel(artefact.bytes, 'float16', { backend })).rejects.toMatchObject({
      code: 'MODEL_UNSUPPORTED',
    });
  });
});
