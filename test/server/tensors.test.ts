import { loadModel } from 'traineragent';
import { createService, type ServableModel, type Service } from 'traineragent/serve';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { predictRequest, sampleFile, sampleRecord } from './sample-service.ts';

let model: ServableModel;
let service: Service;
beforeAll(async () => {
  model = await sampleFile('multiclass');
  service = await createService(model, { workers: 1, name: 'churn' });
});
afterAll(() => service.close());

const get = async (path: string) => {
  const response = await service.fetch(new Request(`http://localhost${path}`));
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
};
const numbers = { name: 'numbers', shape: [2, 3], datatype: 'FP32', data: [3, 1, 12, null, 0, -5] };
const categories = {
  name: 'categories',
  shape: [2, 2],
  datatype: 'BYTES',
  data: [
    ['basic', 'N'],
    ['plus', 'S'],
  ],
};
const datetimes = {
  name: 'datetimes',
  shape: [2, 1],
  datatype: 'INT64',
  data: [1_577_836_800_000, '-9223372036854775808'],
};
const inputs = [numbers, categories, datetimes];
const infer = async (body: unknown, path = '/v2/models/churn/infer') => {
  const response = await service.fetch(predictRequest(body, {}, path));
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
};

describe('the Open Inference Protocol', () => {
  it.each(['/v2', '/v2/health/live', '/v2/health/ready', '/v2/models/churn/ready'])('answers %s', async (path) => {
    expect((await get(path)).status).toBe(200);
  });

  it('describes the model and its versions', async () => {
    const { body } = await get('/v2/models/churn');
    expect(body).toEqual({
      name: 'churn',
      versions: [model.hash],
      platform: 'onnxruntime_onnx',
      inputs: [
        { name: 'numbers', datatype: 'FP32', shape: [-1, 3] },
        { name: 'categories', datatype: 'BYTES', shape: [-1, 2] },
        { name: 'datetimes', datatype: 'INT64', shape: [-1, 1] },
      ],
      outputs: [
        { name: 'label', datatype: 'BYTES', shape: [-1] },
        { name: 'probabilities', datatype: 'FP32', shape: [-1, 3] },
      ],
    });
    expect((await get(`/v2/models/churn/versions/${model.hash}`)).body).toEqual(body);
  });

  it.each(['/v2/models/other', '/v2/models/churn/versions/1', '/v2/models/churn/infer/', '/v2/models//infer'])(
    'knows no %s',
    async (path) => {
      expect((await get(path)).status).toBe(404);
    },
  );

  it('predicts what the records door predicts, and gives the id back', async () => {
    await using direct = await loadModel(model.bytes);
    const [first] = await direct.predict([sampleRecord]);
    const { status, body } = await infer({ id: 'call-7', inputs });
    expect(status).toBe(200);
    expect(body).toMatchObject({ model_name: 'churn', model_version: model.hash, id: 'call-7' });
    const [label, probabilities] = body.outputs as { data: unknown[]; shape: number[]; datatype: string }[];
    expect(label).toMatchObject({ name: 'label', datatype: 'BYTES', shape: [2] });
    expect(label!.data[0]).toBe(first!.prediction);
    expect(probabilities).toMatchObject({ name: 'probabilities', datatype: 'FP32', shape: [2, 3] });
    expect(probabilities!.data.slice(0, 3)).toEqual(Object.values(first!.probabilities!));
  });

  it('gives the outputs that were asked for, of the version that was named', async () => {
    const { body } = await infer(
      { inputs, outputs: [{ name: 'label' }] },
      `/v2/models/churn/versions/${model.hash}/infer`,
    );
    expect((body.outputs as { name: string }[]).map(({ name }) => name)).toEqual(['label']);
    expect(body).not.toHaveProperty('id');
  });

  it.each<[string, unknown, RegExp]>([
    ['no tensors', {}, /inputs: expected an array/],
    ['an array', [], /inputs: expected an array/],
    ['an id that is no text', { id: 7, inputs }, /id: expected a text/],
    [
      'a tensor that the model does not have',
      { inputs: [...inputs, { ...numbers, name: 'SECRET' }] },
      /is not an input/,
    ],
    ['a tensor twice', { inputs: [...inputs, numbers] }, /numbers: is there twice/],
    ['a missing tensor', { inputs: [numbers, categories] }, /datetimes: is missing/],
    [
      'another type',
      { inputs: [{ ...numbers, datatype: 'FP64' }, categories, datetimes] },
      /numbers: expected the datatype FP32/,
    ],
    [
      'another shape',
      { inputs: [{ ...numbers, shape: [3, 2] }, categories, datetimes] },
      /expected the shape \[-1, 3\]/,
    ],
    ['a negative shape', { inputs: [{ ...numbers, shape: [-1, 3] }, categories, datetimes] }, /shape of whole numbers/],
    ['too few elements', { inputs: [{ ...numbers, data: [1] }, categories, datetimes] }, /expected 6 elements, got 1/],
    [
      'texts for numbers',
      { inputs: [{ ...numbers, data: ['SECRET', 1, 1, 1, 1, 1] }, categories, datetimes] },
      /expected numbers/,
    ],
    ['numbers for texts', { inputs: [numbers, { ...categories, data: [1, 2, 3, 4] }, datetimes] }, /expected texts/],
    [
      'whole numbers beyond 2^53',
      { inputs: [numbers, categories, { ...datetimes, data: [2 ** 53, 0] }] },
      /up to 2\^53/,
    ],
    [
      'whole numbers beyond 2^63',
      { inputs: [numbers, categories, { ...datetimes, data: ['9223372036854775808', 0] }] },
      /up to 2\^53/,
    ],
    ['fractions', { inputs: [numbers, categories, { ...datetimes, data: [0.5, 0] }] }, /whole numbers/],
    [
      'another number of rows',
      { inputs: [numbers, categories, { ...datetimes, shape: [1, 1], data: [0] }] },
      /datetimes: has another number of rows/,
    ],
    ['no rows', { inputs: [{ ...numbers, shape: [0, 3], data: [] }, categories, datetimes] }, /has no rows/],
    [
      'too many rows',
      { inputs: [{ ...numbers, shape: [1001, 3], data: [] }, categories, datetimes] },
      /more rows than the limit/,
    ],
    ['an unknown output', { inputs, outputs: [{ name: 'SECRET' }] }, /outputs: expected names of outputs/],
    [
      'binary data',
      {
        inputs: [
          { name: 'numbers', shape: [2, 3], datatype: 'FP32', parameters: { binary_data_size: 24 } },
          categories,
          datetimes,
        ],
      },
      /binary data are not taken/,
    ],
  ])('refuses %s', async (_, given, message) => {
    const { status, body } = await infer(given);
    expect([status, body.code]).toEqual([400, 'TENSOR_INVALID']);
    expect(body.error).toMatch(message);
    expect(JSON.stringify(body)).not.toContain('SECRET');
  });
});
