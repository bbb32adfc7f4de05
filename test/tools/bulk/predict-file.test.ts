import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Backend } from '../../../src/backends/backend.ts';
import { onnxBackend } from '../../../src/backends/onnx/onnx-backend.ts';
import { decodePredictions } from '../../../src/tools/artefact/decode-predictions.ts';
import { loadModel } from '../../../src/tools/artefact/model.ts';
import { fileRows } from '../../../src/tools/bulk/file-rows.ts';
import { forestOfGraph } from '../../../src/tools/bulk/forest-of-graph.ts';
import { predictFile } from '../../../src/tools/bulk/predict-file.ts';
import { createRowScorer } from '../../../src/tools/bulk/row-scorer.ts';
import { fastTrees } from '../../../src/tools/bulk/tree-scorer.ts';
import type { Value } from '../../../src/tools/convert/portable/tensor.ts';
import { createTrees } from '../../../src/tools/convert/portable/trees.ts';
import type { TaskKind } from '../../../src/tools/learn/learner.ts';
import { linearLearner } from '../../../src/tools/learn/linear/linear-learner.ts';
import { treesLearner } from '../../../src/tools/learn/trees/trees-learner.ts';
import { buildSampleModel } from '../artefact/sample-model.ts';
import { type Answer, differenceOf, recordsOf } from '../convert/sample-records.ts';

const backend = onnxBackend();
let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'predict-file-'));
});
afterAll(() => rm(folder, { recursive: true }));

const learners = {
  linear: [{ learner: linearLearner, weight: 1, configuration: { knots: 3 } }],
  trees: [{ learner: treesLearner, weight: 1, configuration: { iterations: 30 } }],
  blend: [
    { learner: linearLearner, weight: 0.5 },
    { learner: treesLearner, weight: 0.5, configuration: { iterations: 10, leaves: 40 } },
  ],
} as const;
const names = ['tenure', 'since', 'plan', 'active', 'usage', 'region'];
const cell = (value: unknown): string => {
  const text = value === undefined || value === null ? '' : String(value);
  return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
};
const csvOf = (records: readonly Record<string, unknown>[]): string =>
  [names, ...records.map((record) => names.map((name) => record[name]))]
    .map((fields) => fields.map(cell).join(','))
    .join('\n');

async function predicted(model: Uint8Array, path: string, format: 'csv' | 'ndjson' = 'ndjson', own: Backend = backend) {
  const { text, told } = predictFile(path, model, own, { format });
  let all = '';
  for await (const chunk of text) all += typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString();
  const lines = all.trimEnd().split('\n');
  return { all, answers: format === 'csv' ? [] : lines.map((line) => JSON.parse(line) as Answer), ...told() };
}

const written = async (name: string, text: string | Uint8Array): Promise<string> => {
  await writeFile(join(folder, name), text);
  return join(folder, name);
};

describe('a file that is predicted as it is read', () => {
  const cases = (['binary', 'multiclass', 'regression'] as const).flatMap((task) =>
    Object.keys(learners).map((kind) => [task, kind as keyof typeof learners] as const),
  );

  it.each<readonly [TaskKind, keyof typeof learners]>(cases)(
    'gives 3,000 rows with missing and unseen values what records get, by own kernels: %s, %s',
    async (task, kind) => {
      const { artefact } = await buildSampleModel(task, learners[kind]);
      await using model = loadModel(artefact.bytes, backend, { where: 'inline' });
      const records = recordsOf(3000);
      const expected = await model.predict(records);
      const loads = vi.fn(backend.load.bind(backend));
      const watched = { ...backend, load: loads } as Backend;
      const fromCsv = await predicted(
        artefact.bytes,
        await written(`${task}-${kind}.csv`, csvOf(records)),
        'ndjson',
        watched,
      );
      const fromLines = await predicted(
        artefact.bytes,
        await written(`${task}-${kind}.ndjson`, records.map((record) => JSON.stringify(record)).join('\n')),
      );
      for (const { answers, count, setAside } of [fromCsv, fromLines]) {
        expect(differenceOf(answers, expected)).toEqual({
          worst: expect.toSatisfy((x: number) => x <= 1e-5),
          labels: 0,
        });
        expect({ count, setAside }).toEqual({ count: 3000, setAside: [] });
      }
      expect(loads).toHaveBeenCalledTimes(1);
    },
  );

  it('gives the same bytes in pieces of any kind: a byte order mark, CRLF, quotes and blank lines change nothing', async () => {
    const { artefact } = await buildSampleModel('binary', learners.linear);
    const text = csvOf(recordsOf(200));
    const plain = await predicted(artefact.bytes, await written('plain.csv', text), 'csv');
    const strange = `\ufeff${text.replaceAll('\n', '\r\n').replaceAll('basic', '"basic"')}\r\n\r\n`;
    const other = await predicted(artefact.bytes, await written('strange.csv', strange), 'csv');
    expect(other.all).toBe(plain.all);
    expect(plain.all.split('\n')[0]).toBe('prediction,probability_no,probability_yés');
    expect(plain.all.split('\n')).toHaveLength(202);
  });

  it('reads what has no strict form whole, with the same answers', async () => {
    const { artefact } = await buildSampleModel('binary', learners.linear);
    const text = csvOf(recordsOf(50))
      .replaceAll(' years', '')
      .replaceAll('ünïque', 'basic')
      .replaceAll('\u{1F427}', 'x');
    const plain = await predicted(artefact.bytes, await written('a.csv', text), 'csv');
    const utf16 = Buffer.from(`\ufeff${text}`, 'utf16le');
    expect((await predicted(artefact.bytes, await written('utf16.csv', utf16), 'csv')).all).toBe(plain.all);
    const returns = text.replaceAll('\n', '\r');
    expect((await predicted(artefact.bytes, await written('returns.csv', returns), 'csv')).all).toBe(plain.all);
  });

  it('goes on with the tolerant reader where a quote stands where no rule allows it, in the order of the rows', async () => {
    const { artefact } = await buildSampleModel('binary', learners.linear);
    const records = recordsOf(60_000).map((record) => ({
      ...record,
      region: record.region === '__proto__' ? 'N' : record.region,
    }));
    const lines = csvOf(records).split('\n');
    const plain = await predicted(artefact.bytes, await written('order.csv', lines.join('\n')), 'csv');
    // Far behind the first piece of the file.
    lines[55_000] = `${lines[55_000]!.slice(0, -1)}x"y`;
    const doubtful = await predicted(artefact.bytes, await written('doubt.csv', lines.join('\n')), 'csv');
    const [a, b] = [plain.all.split('\n'), doubtful.all.split('\n')];
    expect(b).toHaveLength(a.length);
    expect(a.flatMap((line, i) => (line === b[i] ? [] : [i])).filter((i) => i !== 55_000)).toEqual([]);
  });

  it('sets rows aside that it can not read, and tells their numbers', async () => {
    const { artefact } = await buildSampleModel('binary', learners.trees);
    const lines = csvOf(recordsOf(40)).split('\n');
    lines[3] = 'so many,2020-01-01,basic,yes,1,N';
    lines[5] = '1,2020-01-01';
    lines[8] = `${lines[8]},and more`;
    lines[9] = '1,2020-01-01,basic,yes,a few,N';
    const { count, setAside, all } = await predicted(artefact.bytes, await written('bad.csv', lines.join('\n')), 'csv');
    expect(count).toBe(36);
    expect(all.trimEnd().split('\n')).toHaveLength(37);
    expect(setAside).toEqual([
      { reason: 'too-few-fields', count: 1, rows: [5] },
      { reason: 'too-many-fields', count: 1, rows: [8] },
      {
        reason: expect.stringMatching(/^"tenure": expected a finite number \(years\), got a text/),
        count: 1,
        rows: [3],
      },
      { reason: expect.stringMatching(/^"usage": expected a finite number, got a text/), count: 1, rows: [9] },
    ]);
    const fromLines = await predicted(
      artefact.bytes,
      await written('bad.ndjson', '{"usage":1}\nno json\n\n{"usage":"much"}\n[1]\n{"usage":2}\n'),
    );
    expect(fromLines.count).toBe(2);
    expect(fromLines.setAside).toEqual([
      { reason: 'not-a-record', count: 2, rows: [2, 4] },
      { reason: expect.stringMatching(/^"usage": expected a finite number/), count: 1, rows: [3] },
    ]);
  });

  it.each([
    ['none.csv', undefined, 'DATA_NOT_FOUND'],
    ['columns.csv', 'tenure,since,plan\n1,2020-01-01,basic\n', 'RECORD_INVALID'],
    ['header.csv', `${names.join(',')}\n`, 'DATA_EMPTY'],
    ['ragged.csv', `${names.join(',')}\n1\n2\n3\n`, 'DATA_FORMAT'],
    ['broken.bin', Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0]), 'DATA_FORMAT'],
  ] as const)('says what is wrong with %s', async (name, content, code) => {
    const { artefact } = await buildSampleModel('binary', learners.linear);
    const path = content === undefined ? join(folder, name) : await written(name, content);
    const chunks: (Uint8Array | string)[] = [];
    const read = async () => {
      for await (const chunk of predictFile(path, artefact.bytes, backend).text) chunks.push(chunk);
    };
    await expect(read()).rejects.toMatchObject({ code });
    expect(chunks).toEqual([]); // no header above nothing
  });

  it('stops when it is told to', async () => {
    const { artefact } = await buildSampleModel('binary', learners.linear);
    const path = await written('long.csv', csvOf(recordsOf(80_000)));
    const stop = new AbortController();
    const { text, told } = predictFile(path, artefact.bytes, backend, { signal: stop.signal });
    const read = async () => {
      for await (const chunk of text) if (typeof chunk !== 'string') stop.abort(new Error('enough'));
    };
    await expect(read()).rejects.toThrow('enough');
    expect(told().count).toBeLessThan(80_000);
  });
});

describe('own kernels', () => {
  it('are left for the runtime where they do not agree with it', async () => {
    const { artefact } = await buildSampleModel('binary', learners.linear);
    const path = await written('some.csv', csvOf(recordsOf(20)));
    const signature = createRowScorer(artefact.bytes, backend).signature;
    const skewed = {
      ...backend,
      load: async (...given: Parameters<Backend['load']>) => {
        const predictor = await backend.load(...given);
        return {
          inputs: predictor.inputs,
          outputs: predictor.outputs,
          [Symbol.asyncDispose]: () => predictor[Symbol.asyncDispose](),
          predict: async (...asked: Parameters<typeof predictor.predict>) => {
            const outputs = await predictor.predict(...asked);
            const { probabilities } = outputs;
            return {
              ...outputs,
              probabilities: {
                ...probabilities!,
                data: Float32Array.from(probabilities!.data as Float32Array, (p) => p / 2),
              },
            };
          },
        };
      },
    } as unknown as Backend;
    await using scorer = createRowScorer(artefact.bytes, skewed);
    for await (const { rows } of fileRows(path, signature)) {
      const answers = decodePredictions(signature, await scorer.predict(rows));
      const sums = answers.map(({ probabilities }) => Object.values(probabilities!).reduce((a, b) => a + b, 0));
      for (const sum of sums) expect(sum).toBeCloseTo(0.5, 5);
    }
  });

  const tree = (change: Readonly<Record<string, readonly number[]>> = {}) => {
    const attributes: Readonly<Record<string, readonly number[]>> = {
      tree_roots: [0, 1],
      nodes_featureids: [0, 1],
      nodes_splits: [0.5, 0],
      nodes_modes: [0, 6],
      nodes_missing_value_tracks_true: [1, 0],
      nodes_truenodeids: [0, 2],
      nodes_falsenodeids: [1, 3],
      nodes_trueleafs: [1, 1],
      nodes_falseleafs: [1, 1],
      leaf_targetids: [0, 0, 0, 0],
      leaf_weights: [0.5, -1, 2, 4],
      membership_values: [1, 3, Number.NaN],
      ...change,
    };
    return (name: string): Value | undefined => {
      const data = attributes[name];
      return data === undefined ? undefined : { type: 'float64', shape: [data.length], data: Float64Array.from(data) };
    };
  };
  const matrix: Value = {
    type: 'float32',
    shape: [5, 2],
    data: Float32Array.of(0, 1, 0.5, 2, 0.75, 3, Number.NaN, 0, -1, 90),
  };

  it('score what a walk from node to node does', () => {
    const attributes = { number: (_: string, otherwise: number) => otherwise, texts: () => [], value: tree() };
    const scored = fastTrees(attributes)([matrix]);
    expect([...(scored.data as Float32Array)]).toEqual([2.5, 4.5, 1, 4.5, 4.5]);
    expect(createTrees(tree(), 1)(matrix)).toEqual(scored);
  });

  it.each([
    ['another comparison', { nodes_modes: [1, 6] }],
    ['a column that is compared and looked up', { nodes_featureids: [1, 1] }],
    ['a leaf beyond float32', { leaf_weights: [0.1, -1, 2, 4] }],
    ['a tree of two outputs', { leaf_targetids: [0, 1, 0, 0] }],
    ['nodes that are met for ever', { nodes_trueleafs: [0, 1] }],
    ['a set of what is no code', { membership_values: [1.5, Number.NaN] }],
  ])('do not take %s', (_what, change) => {
    expect(forestOfGraph(tree(change), 1)).toBeUndefined();
  });
});
