import { execFileSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import type { Tensor } from '../../../src/backends/backend.ts';
import { startPredictChild } from '../../../src/backends/onnx/child-process.ts';
import { loadRuntime } from '../../../src/backends/onnx/load-runtime.ts';
import { onnxBackend } from '../../../src/backends/onnx/onnx-backend.ts';
import { createGraphBuilder, type ElementType } from '../../../src/onnx/graph-builder.ts';
import { buildSample } from '../../onnx/sample.ts';

const backend = onnxBackend();

/** A model that gives its input back. */
function identity(type: ElementType): Uint8Array {
  const graph = createGraphBuilder();
  graph.output('y', graph.node('Identity', [graph.input('x', type, ['N', 2])]), type, ['N', 2]);
  return graph.build({ name: 'identity' });
}

/** A model whose one call takes hours: a loop of matrix products. */
function endless(): Uint8Array {
  const graph = createGraphBuilder();
  let value = graph.input('x', 'float', [2000, 2000]);
  for (let i = 0; i < 2000; i++) value = graph.node('MatMul', [value, value]);
  graph.output('y', value, 'float', [2000, 2000]);
  return graph.build({ name: 'endless' });
}

const inputs = {
  numbers: { dtype: 'float32', shape: [2, 3], data: new Float32Array([1, 1, 1, 0, 1, Number.NaN]) },
  categories: { dtype: 'string', shape: [2, 1], data: ['é', 'unseen'] },
} as const;

// First, because the runtime is loaded once.
test('a missing package is an error with the line to type', async () => {
  const missing = (): Promise<never> => Promise.reject(new Error('Cannot find package'));
  const error = await loadRuntime({ native: missing, web: missing }).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: 'PEER_MISSING', cause: { message: 'Cannot find package' } });
  expect((error as Error).message).toContain('npm i onnxruntime-node --ignore-scripts');
  expect((error as Error).message).toContain('npm i onnxruntime-web --ignore-scripts');
});

describe.each(['inline', 'child'] as const)('%s', (where) => {
  test('a model predicts what its graph says', async () => {
    await using predictor = await backend.load(buildSample(), { where });
    expect(predictor.inputs).toEqual([
      { name: 'numbers', dtype: 'float32', shape: [-1, 3] },
      { name: 'categories', dtype: 'string', shape: [-1, 1] },
    ]);
    expect(predictor.outputs.map(({ name }) => name)).toEqual(['left', 'right', 'codes', 'is_a', 'bytes', 'name']);
    const outputs = await predictor.predict(inputs);
    expect(outputs.left).toEqual({ dtype: 'float32', shape: [2, 1], data: new Float32Array([9, Number.NaN]) });
    expect(outputs.codes).toEqual({
      dtype: 'int64',
      shape: [2, 1],
      data: new BigInt64Array([-9223372036854775808n, 1n]),
    });
    expect(outputs.name).toEqual({ dtype: 'string', shape: [1, 1], data: ['naïve'] });
  });

  test.each<[ElementType, Tensor]>([
    ['float', { dtype: 'float32', shape: [1, 2], data: new Float32Array([1.5, Number.NaN]) }],
    ['double', { dtype: 'float64', shape: [1, 2], data: new Float64Array([0.1, -0]) }],
    ['int64', { dtype: 'int64', shape: [1, 2], data: new BigInt64Array([-(2n ** 63n), 2n ** 62n + 1n]) }],
    ['int32', { dtype: 'int32', shape: [1, 2], data: new Int32Array([-1, 2147483647]) }],
    ['uint8', { dtype: 'uint8', shape: [1, 2], data: new Uint8Array([0, 255]) }],
    ['bool', { dtype: 'bool', shape: [1, 2], data: new Uint8Array([0, 1]) }],
    ['string', { dtype: 'string', shape: [1, 2], data: ['', 'a\u{1F427}\u001f'] }],
  ])('%s tensors come back as they went in', async (type, tensor) => {
    await using predictor = await backend.load(identity(type), { where });
    expect(await predictor.predict({ x: tensor })).toEqual({ y: tensor });
  });

  test.each<[string, Record<string, Tensor>, RegExp]>([
    ['a missing input', { numbers: inputs.numbers }, /"categories", got none/],
    ['an input that the model does not have', { ...inputs, other: inputs.numbers }, /no input "other"/],
    [
      'a wrong type',
      { ...inputs, numbers: { dtype: 'float64', shape: [2, 3], data: new Float64Array(6) } },
      /float32 \[any, 3\].*got float64/,
    ],
    ['a wrong shape', { ...inputs, numbers: { ...inputs.numbers, shape: [3, 2] } }, /got float32 \[3, 2\]/],
    ['data that do not fill their shape', { ...inputs, numbers: { ...inputs.numbers, shape: [3, 3] } }, /6 elements/],
  ])('%s is refused', async (_name, given, message) => {
    await using predictor = await backend.load(buildSample(), { where });
    await expect(predictor.predict(given)).rejects.toThrow(
      expect.objectContaining({ code: 'REQUEST_INVALID', message: expect.stringMatching(message) }),
    );
  });

  test('bytes are checked before the runtime sees them', async () => {
    await expect(backend.load(buildSample().subarray(0, 100), { where })).rejects.toThrow(
      expect.objectContaining({ code: 'MODEL_INVALID', message: expect.stringMatching(/no valid ONNX model/) }),
    );
  });

  test('a graph that passes the checker and that the runtime refuses is a typed error', async () => {
    const graph = createGraphBuilder();
    graph.output('y', graph.node('NoSuchOperator', [graph.input('x', 'float', [-1])]), 'float', [-1]);
    await expect(backend.load(graph.build({ name: 'unknown' }), { where })).rejects.toThrow(
      expect.objectContaining({
        code: expect.stringMatching(/^MODEL_/),
        message: expect.stringMatching(/NoSuchOperator/),
      }),
    );
  });

  test('a failure while predicting is a typed error, and the next call works', async () => {
    const graph = createGraphBuilder();
    const shape = graph.input('shape', 'int64', ['N']);
    const x = graph.input('x', 'float', ['M']);
    graph.output('y', graph.node('Reshape', [x, shape]), 'float', [-1, -1]);
    await using predictor = await backend.load(graph.build({ name: 'reshape' }), { where });
    const x4 = { dtype: 'float32', shape: [4], data: new Float32Array(4) } as const;
    const shapeOf = (...dims: bigint[]): Tensor => ({
      dtype: 'int64',
      shape: [dims.length],
      data: BigInt64Array.from(dims),
    });
    await expect(predictor.predict({ x: x4, shape: shapeOf(3n, 3n) })).rejects.toThrow(
      expect.objectContaining({ code: 'PREDICT_FAILED' }),
    );
    expect((await predictor.predict({ x: x4, shape: shapeOf(2n, 2n) })).y?.shape).toEqual([2, 2]);
  });

  test('a disposed model predicts no more', async () => {
    const predictor = await backend.load(buildSample(), { where });
    await predictor[Symbol.asyncDispose]();
    await predictor[Symbol.asyncDispose]();
    await expect(predictor.predict(inputs)).rejects.toThrow(expect.objectContaining({ code: 'PREDICT_FAILED' }));
  });

  test('an aborted signal is seen before anything runs', async () => {
    await using predictor = await backend.load(buildSample(), { where });
    await expect(predictor.predict(inputs, { signal: AbortSignal.abort() })).rejects.toThrow(/aborted/);
  });
});

describe('child processes', () => {
  test('calls that overlap each get their own answer', async () => {
    await using predictor = await backend.load(identity('int32'), { where: 'child' });
    const answers = await Promise.all(
      [1, 2, 3, 4].map((value) =>
        predictor.predict({ x: { dtype: 'int32', shape: [1, 2], data: Int32Array.of(value, value) } }),
      ),
    );
    expect(answers.map(({ y }) => y?.data[0])).toEqual([1, 2, 3, 4]);
  });

  test('an abort ends the process at once, and the next call has another', { timeout: 30_000 }, async () => {
    await using predictor = await backend.load(endless(), { where: 'child' });
    const x = { dtype: 'float32', shape: [2000, 2000], data: new Float32Array(4_000_000) } as const;
    const controller = new AbortController();
    const started = performance.now();
    const call = predictor.predict({ x }, { signal: controller.signal });
    setImmediate(() => controller.abort(new Error('enough')));
    await expect(call).rejects.toThrow(
      expect.objectContaining({ code: 'PREDICT_FAILED', cause: expect.objectContaining({ message: 'enough' }) }),
    );
    expect(performance.now() - started).toBeLessThan(10_000);
  });

  test('a call that waits for its turn is aborted at once, and the others are answered', async () => {
    await using predictor = await backend.load(identity('float'), { where: 'child' });
    const x = { dtype: 'float32', shape: [1, 2], data: Float32Array.of(1, 2) } as const;
    const controller = new AbortController();
    const settled: string[] = [];
    const first = predictor.predict({ x }).then(() => settled.push('first'));
    const second = predictor.predict({ x }, { signal: controller.signal }).catch(() => settled.push('second'));
    controller.abort();
    const third = predictor.predict({ x }).then(() => settled.push('third'));
    await Promise.all([first, second, third]);
    expect(settled).toEqual(['second', 'first', 'third']);
  });

  test('a process that is killed fails its call with PREDICT_FAILED, and the next call starts another', async () => {
    await using predictor = await backend.load(identity('float'), { where: 'child' });
    const x = { dtype: 'float32', shape: [1, 2], data: Float32Array.of(1, 2) } as const;
    const children = execFileSync('ps', ['-o', 'pid=,args=', '--ppid', String(process.pid)], { encoding: 'utf8' });
    const pid = Number(/^\s*(\d+).*predict-child/m.exec(children)?.[1]);
    const large = { dtype: 'float32', shape: [2_000_000, 2], data: new Float32Array(4_000_000) } as const;
    const call = predictor.predict({ x: large });
    process.kill(pid, 'SIGKILL');
    await expect(call).rejects.toThrow(
      expect.objectContaining({ code: 'PREDICT_FAILED', message: expect.stringMatching(/process that predicts/) }),
    );
    expect((await predictor.predict({ x })).y?.data).toEqual(Float32Array.of(1, 2));
  });

  test('an idle process does not keep the host alive', async () => {
    const held = (): number =>
      process.getActiveResourcesInfo().filter((name) => name === 'ProcessWrap' || name === 'PipeWrap').length;
    const before = held();
    await using predictor = await backend.load(buildSample(), { where: 'child' });
    expect(held()).toBeLessThanOrEqual(before);
    const call = predictor.predict(inputs);
    await new Promise((resolve) => setImmediate(resolve));
    expect(held()).toBeGreaterThan(before);
    await call;
    expect(held()).toBeLessThanOrEqual(before);
  });

  test('a process that can not start is a typed error', async () => {
    const child = startPredictChild(new URL('./no-such-file.js', import.meta.url));
    await expect(child.send({ type: 'load', model: new Uint8Array(0), threads: 1, device: 'cpu' })).rejects.toThrow(
      expect.objectContaining({ code: 'PREDICT_FAILED' }),
    );
    expect(child.isAlive()).toBe(false);
  });
});

test.each([0, 1.5, Number.NaN])('%s threads are refused', async (threads) => {
  await expect(backend.load(buildSample(), { where: 'inline', threads })).rejects.toThrow(
    expect.objectContaining({ code: 'REQUEST_INVALID' }),
  );
});
