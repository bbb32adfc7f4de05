import { chmod, mkdtemp, open, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Backend } from '../../../src/backends/backend.ts';
import { onnxBackend } from '../../../src/backends/onnx/onnx-backend.ts';
import { TrainerError } from '../../../src/core/errors.ts';
import { sha256 } from '../../../src/core/helpers/hash.ts';
import { createRandom } from '../../../src/core/helpers/random.ts';
import { checkModel } from '../../../src/onnx/check-model.ts';
import { decodeModel } from '../../../src/onnx/decode.ts';
import { encodeModel } from '../../../src/onnx/encode.ts';
import { buildArtefact } from '../../../src/tools/artefact/build-artefact.ts';
import { decodePredictions } from '../../../src/tools/artefact/decode-predictions.ts';
import { loadModel, type Model } from '../../../src/tools/artefact/model.ts';
import { saveFile } from '../../../src/tools/artefact/save-file.ts';
import { baselineLearner } from '../../../src/tools/learn/baseline/baseline-learner.ts';
import type { TaskKind } from '../../../src/tools/learn/learner.ts';
import { linearLearner } from '../../../src/tools/learn/linear/linear-learner.ts';
import { buildSampleModel, classNames, type SampleModel, sampleTable } from './sample-model.ts';

const backend = onnxBackend();
const members = [
  { learner: linearLearner, weight: 0.75 },
  { learner: baselineLearner, weight: 0.25 },
];

describe.each<TaskKind>(['binary', 'multiclass', 'regression'])('%s', (task) => {
  let sample: SampleModel;
  let model: Model;
  beforeAll(async () => {
    sample = await buildSampleModel(task, members);
    model = loadModel(sample.artefact.bytes, backend);
  });
  afterAll(() => model[Symbol.asyncDispose]());

  test('the file gives what the learners give, with missing and unseen values', async () => {
    const table = sampleTable(1000, 'new', 0.2);
    const expected = sample.predict(sample.prepare(table));
    const predicted = await model.predictTable(table);
    let worst = 0;
    const compare = (got: number, wanted: number): void => {
      worst = Math.max(worst, Math.abs(got - wanted) / Math.max(1, Math.abs(wanted)));
      if (Number.isNaN(got)) worst = Number.POSITIVE_INFINITY;
    };
    if (predicted.kind === 'regression') {
      expected.forEach((value, row) => {
        compare(predicted.values[row]!, value);
        compare(predicted.intervals![row * 2]!, value - 30);
        compare(predicted.intervals![row * 2 + 1]!, value + 35);
      });
    } else {
      const classes = classNames[task];
      for (let row = 0; row < table.rowCount; row++) {
        const shares =
          task === 'binary' ? [1 - expected[row]!, expected[row]!] : [...expected.subarray(row * 3, row * 3 + 3)];
        const got = [...predicted.probabilities.subarray(row * classes.length, (row + 1) * classes.length)];
        for (const [i, value] of got.entries()) compare(value, shares[i]!);
        expect(predicted.labels[row]).toBe(classes[got.indexOf(Math.max(...got))]);
      }
    }
    expect(worst).toBeLessThan(1e-5);
  });

  test('records give what the same rows of a table give', async () => {
    const table = sampleTable(50, 'records', 0.2);
    const records = Array.from({ length: table.rowCount }, (_, row) =>
      Object.fromEntries(
        table.columns.map((column) => {
          const isThere = column.validity === undefined || ((column.validity[row >> 3]! >> (row & 7)) & 1) === 1;
          if (!isThere) return [column.name, null];
          if (column.kind === 'category') return [column.name, column.dictionary[column.codes[row]!]];
          if (column.kind === 'text') return [column.name, ''];
          if (column.kind === 'boolean') return [column.name, column.values[row] === 1 ? 'YES' : 'no'];
          if (column.kind === 'datetime') return [column.name, new Date(column.values[row]!).toISOString()];
          return [column.name, `${column.values[row]} ${column.unit ?? ''}`];
        }),
      ),
    );
    const byTable = decodePredictions(model.signature, await model.predictTable(table));
    expect(await model.predict(records)).toEqual(byTable);
    expect(byTable).toHaveLength(50);
  });

  test('equal parts give equal bytes, and the file carries signature and card', () => {
    expect(buildArtefact(sample.parts)).toEqual(sample.artefact);
    expect(sample.artefact.hash).toBe(sha256(sample.artefact.bytes));
    expect(model.signature).toEqual(sample.parts.signature);
    expect(model.card).toMatchObject({ formatVersion: 1, task, operationsPerRow: expect.any(Number) });
    expect(model.hash).toBe(sample.artefact.hash);
    expect(model.sizeBytes).toBe(sample.artefact.bytes.length);
  });

  test('an empty list of records gives an empty answer', async () => {
    expect(await model.predict([])).toEqual([]);
  });
});

describe('where a model predicts', () => {
  let bytes: Uint8Array;
  let places: string[];
  const spy: Backend = {
    ...backend,
    load: (model, options) => {
      places.push(options.where);
      return backend.load(model, { ...options, where: 'inline' });
    },
  };
  beforeAll(async () => {
    bytes = (await buildSampleModel('binary', members)).artefact.bytes;
  });

  test('few rows run on the calling thread, and many in a child', async () => {
    places = [];
    await using model = loadModel(bytes, spy);
    await model.predict([{ tenure: 3 }]);
    await model.predict([{ tenure: 4 }]);
    expect(places).toEqual(['inline']);
    await model.predictTable(sampleTable(20_000, 'many'));
    expect(places).toEqual(['inline', 'child']);
  });

  test('a file whose card states no cost, or that has an operator which ours do not have, runs in a child', async () => {
    const model = decodeModel(bytes);
    const metadata = model.metadata.filter(([key]) => key !== 'traineragent.card');
    const [first] = model.graph.nodes;
    const nodes = [...model.graph.nodes, { ...first!, name: 'pool', operator: 'TopK', outputs: ['unused'] }];
    for (const changed of [
      { ...model, metadata },
      { ...model, graph: { ...model.graph, nodes } },
    ]) {
      places = [];
      await using loaded = loadModel(encodeModel(changed), {
        ...spy,
        load: async (...args) => {
          places.push(args[1].where);
          return backend.load(bytes, { where: 'inline' });
        },
      });
      await loaded.predict([{ tenure: 3 }]);
      expect(places).toEqual(['child']);
    }
  });

  test('a load that fails is tried again by the next call', async () => {
    let isBroken = true;
    await using model = loadModel(bytes, {
      ...backend,
      load: (...args) => (isBroken ? Promise.reject(new Error('no memory')) : backend.load(...args)),
    });
    await expect(model.predict([{ tenure: 3 }])).rejects.toThrow('no memory');
    isBroken = false;
    expect(await model.predict([{ tenure: 3 }])).toHaveLength(1);
  });
});

describe('records that do not fit', () => {
  let model: Model;
  beforeAll(async () => {
    model = loadModel((await buildSampleModel('binary', members)).artefact.bytes, backend);
  });
  afterAll(() => model[Symbol.asyncDispose]());

  test.each<[string, Record<string, unknown>, RegExp]>([
    [
      'a text where a number is expected',
      { tenure: 'secret' },
      /Record 1, column "tenure": expected a finite number \(years\), got a text/,
    ],
    ['an infinite number', { tenure: Number.POSITIVE_INFINITY }, /got a number that is not finite/],
    ['an object', { tenure: { secret: 1 } }, /got an object/],
    ['an array for a category', { plan: ['secret'] }, /"plan": expected a text, got an array/],
    ['a function', { plan: () => 'secret' }, /got a function/],
    ['another spelling of a boolean', { active: 'secret' }, /"active": expected true, false, "no" or "yes"/],
    ['a text that is no date', { since: 'secret' }, /"since": expected a date/],
    ['the text that stands for missing', { plan: '\u001fmissing' }, /keeps for missing/],
    ['none of the columns', { tenur: 'secret' }, /at least one of the model's columns \("tenure", /],
    [
      'a record that only inherits its columns',
      Object.create({ tenure: 1 }) as Record<string, unknown>,
      /at least one/,
    ],
  ])('%s is refused without its value', async (_name, record, message) => {
    const failure = await model.predict([{ tenure: 1 }, record]).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'RECORD_INVALID', message: expect.stringMatching(message) });
    expect(JSON.stringify(failure)).not.toContain('secret');
  });

  test('several problems are told together, at most 20', async () => {
    const failure = await model
      .predict(Array.from({ length: 50 }, () => ({ tenure: 'x', active: 'y' })))
      .catch((e: unknown) => e);
    const { problems } = (failure as { details: { problems: unknown[] } }).details;
    expect(problems).toHaveLength(20);
    expect(problems[1]).toMatchObject({ record: 0, column: 'active' });
  });

  test.each([[null], ['text'], [[1]]])('%j is no record', async (record) => {
    await expect(model.predict([record as never])).rejects.toThrow(expect.objectContaining({ code: 'RECORD_INVALID' }));
  });

  test('missing may be left out, null, undefined, NaN or a spelling of missing', async () => {
    const [first, ...others] = await model.predict([
      { usage: 5 },
      { usage: 5, tenure: null, plan: null, active: undefined, since: null, region: '' },
      { usage: '5', tenure: Number.NaN, plan: 'NA', active: '', since: new Date(Number.NaN), region: ' n/a ' },
      { usage: 5n, other: {} },
    ]);
    for (const other of others) expect(other).toEqual(first);
  });

  test('a category that UTF-8 can not hold is as unknown as any other', async () => {
    const [known, unknown, surrogate, cut] = await model.predict(
      ['basic', 'never', 'basic\ud800', 'basic\u0000x'].map((plan) => ({ plan })),
    );
    expect(surrogate).toEqual(unknown);
    expect(cut).toEqual(unknown);
    expect(known).not.toEqual(unknown);
  });

  test('a table without a column of the model is refused', async () => {
    const table = sampleTable(5, 'short');
    await expect(model.predictTable({ ...table, columns: table.columns.slice(1) })).rejects.toThrow(
      expect.objectContaining({ code: 'RECORD_INVALID', message: expect.stringMatching(/"tenure"/) }),
    );
  });

  test('columns of another kind are read as the values of records are', async () => {
    const table = sampleTable(3, 'kinds');
    const asTexts = table.columns.map((column) =>
      column.name === 'usage' && column.kind === 'number'
        ? ({
            name: 'usage',
            kind: 'category',
            codes: Int32Array.of(0, 1, 2),
            dictionary: Array.from(column.values, String),
          } as const)
        : column,
    );
    expect(await model.predictTable({ ...table, columns: asTexts })).toEqual(await model.predictTable(table));
    const wrong = asTexts.map((column) =>
      column.name === 'usage' && column.kind === 'category' ? { ...column, dictionary: ['1', 'secret', '2'] } : column,
    );
    await expect(model.predictTable({ ...table, columns: wrong })).rejects.toThrow(/Record 1, column "usage"/);
  });
});

describe('files', () => {
  let bytes: Uint8Array;
  beforeAll(async () => {
    bytes = (await buildSampleModel('multiclass', members)).artefact.bytes;
  });

  test('a saved file is the same bytes, replaces another as a whole, and loads again', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'traineragent-'));
    const path = join(folder, 'model.onnx');
    await writeFile(path, 'old');
    await using model = loadModel(bytes, backend);
    await model.save(path);
    expect(new Uint8Array(await readFile(path))).toEqual(bytes);
    expect(await readdir(folder)).toEqual(['model.onnx']);
  });

  test.each([
    [
      'a folder that does not exist',
      (folder: string) => join(folder, 'no', 'model.onnx'),
      /its folder, does not exist/,
    ],
    ['a name that is a folder', (folder: string) => folder, /it is a folder/],
  ])('%s is a typed error, and nothing is left behind', async (_name, place, message) => {
    const folder = await mkdtemp(join(tmpdir(), 'traineragent-'));
    await chmod(folder, 0o700);
    await using model = loadModel(bytes, backend);
    await expect(model.save(place(folder))).rejects.toThrow(
      expect.objectContaining({ code: 'STORE_FAILED', message: expect.stringMatching(message) }),
    );
    expect(await readdir(folder)).toEqual([]);
  });

  test('a full disk is a typed error, and nothing is left behind', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'traineragent-'));
    const full: typeof open = async (...given) => {
      const file = await open(...given);
      file.writeFile = async () => {
        await file.write(bytes.subarray(0, 100));
        throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
      };
      return file;
    };
    await expect(saveFile(join(folder, 'model.onnx'), bytes, full)).rejects.toThrow(
      expect.objectContaining({ code: 'STORE_FAILED', message: expect.stringMatching(/the disk is full/) }),
    );
    expect(await readdir(folder)).toEqual([]);
  });

  test.each<[string, (model: ReturnType<typeof checkModel>) => ReturnType<typeof checkModel>, string, RegExp]>([
    ['no signature', (model) => ({ ...model, metadata: [] }), 'MODEL_SIGNATURE', /no signature/],
    [
      'a signature that is no JSON',
      (model) => ({ ...model, metadata: [['traineragent.signature', '{']] }),
      'MODEL_SIGNATURE',
      /no valid JSON/,
    ],
    [
      'a signature of a newer version',
      (model) => withSignature(model, (s) => ({ ...s, formatVersion: 2 })),
      'FORMAT_VERSION',
      /Update/,
    ],
    [
      'a signature with an unknown member',
      (model) => withSignature(model, (s) => ({ ...s, run: 'rm' })),
      'MODEL_SIGNATURE',
      /broken/,
    ],
    [
      'a signature with one class more',
      (model) =>
        withSignature(model, (s) => ({ ...s, output: { kind: 'classification', classes: ['a', 'b', 'c', 'd'] } })),
      'MODEL_SIGNATURE',
      /"probabilities"/,
    ],
    [
      'a signature for regression',
      (model) => withSignature(model, (s) => ({ ...s, task: 'regression', output: { kind: 'regression' } })),
      'MODEL_SIGNATURE',
      /"prediction"/,
    ],
    [
      'a task that is not its output',
      (model) => withSignature(model, (s) => ({ ...s, task: 'regression' })),
      'MODEL_SIGNATURE',
      /task regression/,
    ],
    [
      'an input less',
      (model) => withSignature(model, (s) => ({ ...s, inputs: s.inputs.slice(1) })),
      'MODEL_SIGNATURE',
      /fills no column 0 of "numbers"/,
    ],
    [
      'an input twice',
      (model) => withSignature(model, (s) => ({ ...s, inputs: [...s.inputs, s.inputs[0]] })),
      'MODEL_SIGNATURE',
      /twice/,
    ],
    [
      'a format that is not known',
      (model) =>
        withSignature(model, (s) => ({
          ...s,
          inputs: s.inputs.map((input) => ({ ...(input as object), format: { kind: 'boolean', labels: 5 } })),
        })),
      'MODEL_SIGNATURE',
      /how to read/,
    ],
    [
      'a graph without an output',
      (model) => ({ ...model, graph: { ...model.graph, outputs: model.graph.outputs.slice(0, 1) } }),
      'MODEL_SIGNATURE',
      /"probabilities"/,
    ],
  ])('%s is refused', (_name, change, code, message) => {
    const changed = encodeModel(change(checkModel(bytes)));
    expect(() => loadModel(changed, backend)).toThrow(
      expect.objectContaining({ code, message: expect.stringMatching(message) }),
    );
  });
});

test('200 files with a byte changed are refused with a typed error, or predict', async () => {
  const { bytes } = (await buildSampleModel('multiclass', members)).artefact;
  const table = sampleTable(20, 'flips', 0.1);
  const random = createRandom('flips');
  let predicted = 0;
  for (let i = 0; i < 200; i++) {
    const flipped = bytes.slice();
    const at = random.integer(flipped.length);
    flipped[at] = flipped[at]! ^ (1 + random.integer(255));
    try {
      await using model = loadModel(flipped, backend, { where: 'inline' });
      await model.predictTable(table);
      predicted++;
    } catch (error) {
      if (!TrainerError.isInstance(error)) throw error;
      expect(error.code).toMatch(/^(MODEL_INVALID|MODEL_UNSUPPORTED|MODEL_SIGNATURE|PREDICT_FAILED|RECORD_INVALID)$/);
    }
  }
  // Texts of card, ranges and weights may change and still make a model.
  expect(predicted).toBeLessThan(80);
});

type Decoded = ReturnType<typeof checkModel>;

function withSignature(model: Decoded, change: (signature: { inputs: unknown[] }) => object): Decoded {
  const metadata = model.metadata.map(([key, value]): [string, string] =>
    key === 'traineragent.signature'
      ? [key, JSON.stringify(change(JSON.parse(value) as { inputs: unknown[] }))]
      : [key, value],
  );
  return { ...model, metadata };
}
