import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { convertToBrowser, convertToModule, loadModel, type Model } from 'traineragent';
import { createService, type Deployment } from 'traineragent/serve';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Tensors } from '../../src/backends/backend.ts';
import { createRecordEncoder } from '../../src/tools/artefact/encode-records.ts';
import { isMissing } from '../../src/tools/data/prepare/cells.ts';
import type { Table } from '../../src/tools/data/table.ts';
import { linearLearner } from '../../src/tools/learn/linear/linear-learner.ts';
import { treesLearner } from '../../src/tools/learn/trees/trees-learner.ts';
import { buildSampleModel, sampleTable } from '../tools/artefact/sample-model.ts';
import { openInBrowser } from './folder-in-browser.ts';

const rowCount = 10_000;
const python = new URL('../../.venv/bin/python', import.meta.url).pathname;
const script = new URL('onnx-run.py', import.meta.url).pathname;
const cli = new URL('../../dist/cli.js', import.meta.url).pathname;

type Row = Readonly<Record<string, string | number | null>>;

/** The table's rows as a client would have them: a missing value is null. */
function recordsOf(table: Table): Row[] {
  return Array.from({ length: table.rowCount }, (_, row) =>
    Object.fromEntries(
      table.columns.map((column) => {
        if (isMissing(column, row)) return [column.name, null];
        if (column.kind === 'category') return [column.name, column.dictionary[column.codes[row]!]!];
        if (column.kind === 'boolean') return [column.name, column.labels![column.values[row]!]!];
        if (column.kind === 'datetime') return [column.name, new Date(column.values[row]!).toISOString()];
        return [column.name, (column as unknown as { values: Float64Array }).values[row]!];
      }),
    ),
  );
}
const csvOf = (rows: readonly Row[]): string =>
  `${[Object.keys(rows[0]!), ...rows.map((row) => Object.values(row).map((value) => value ?? ''))].map((line) => line.join(',')).join('\n')}\n`;

/** What any door says of all rows: labels, or none, and numbers row by row. */
interface Said {
  readonly labels: readonly string[];
  readonly numbers: readonly number[];
}
interface Answer {
  readonly prediction: string | number;
  readonly probabilities?: Readonly<Record<string, number>>;
}
const saidBy = (answers: readonly Answer[]): Said => ({
  labels: answers.flatMap(({ prediction }) => (typeof prediction === 'string' ? [prediction] : [])),
  numbers: answers.flatMap(({ prediction, probabilities }) =>
    probabilities === undefined ? [Number(prediction)] : Object.values(probabilities),
  ),
});
/** Lines of CSV with predictions; no value of these models needs quotes. */
const saidByCsv = (text: string): Said => {
  const lines = text
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => line.split(','));
  const isClass = Number.isNaN(Number(lines[0]![0]));
  return {
    labels: isClass ? lines.map(([label]) => label!) : [],
    numbers: lines.flatMap((cells) =>
      (isClass ? cells.slice(1) : cells.slice(0, 1)).filter((cell) => cell !== '').map(Number),
    ),
  };
};
const saidByOutputs = (outputs: Readonly<Record<string, readonly (string | number)[]>>): Said => ({
  labels: (outputs.label as readonly string[] | undefined) ?? [],
  numbers: (outputs.probabilities ?? outputs.prediction) as readonly number[],
});

/** In the form of the Open Inference Protocol. */
const toProtocol = (tensors: Tensors) =>
  Object.entries(tensors).map(([name, { dtype, shape, data }]) => ({
    name,
    shape,
    datatype: { float32: 'FP32', int64: 'INT64', string: 'BYTES' }[dtype as 'float32'],
    data: Array.from(data as ArrayLike<unknown>, (value) =>
      typeof value === 'bigint'
        ? Number.isSafeInteger(Number(value))
          ? Number(value)
          : String(value)
        : typeof value === 'number' && Number.isNaN(value)
          ? null
          : value,
    ),
  }));

const table = sampleTable(rowCount, 'doors', 0.2);
const records = recordsOf(table);
const parts = Array.from({ length: rowCount / 1000 }, (_, i) => records.slice(1000 * i, 1000 * i + 1000));

describe.each(['binary', 'multiclass', 'regression'] as const)('a model of %s', (task) => {
  let folder: string;
  let path: string;
  let model: Model;
  let server: Deployment;
  let expected: Said;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'doors-'));
    path = join(folder, 'model.onnx');
    const members = [
      { learner: linearLearner, weight: 0.4 },
      { learner: treesLearner, weight: 0.6 },
    ];
    const { artefact } = await buildSampleModel(task, members);
    writeFileSync(path, artefact.bytes);
    model = await loadModel(path);
    expected = saidBy((await model.predict(records)) as Answer[]);
    server = await (await createService(path, { workers: 1 })).listen();
  });
  afterAll(async () => {
    await server.close();
    await model[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true, force: true });
  });

  const post = async (address: string, body: string, type = 'application/json'): Promise<string> => {
    const response = await fetch(`${server.url}${address}`, {
      method: 'POST',
      body,
      headers: { 'content-type': type },
    });
    expect(response.status).toBe(200);
    return response.text();
  };

  it.each<[string, () => Promise<Said>]>([
    [
      'records over HTTP',
      async () => {
        const texts = [];
        for (const part of parts) texts.push(await post('/v1/predict', JSON.stringify(part)));
        return saidBy(texts.flatMap((text) => (JSON.parse(text) as { predictions: Answer[] }).predictions));
      },
    ],
    [
      'lines of NDJSON over HTTP',
      async () => {
        const lines = records.map((record) => JSON.stringify(record)).join('\n');
        const text = await post('/v1/predict', lines, 'application/x-ndjson');
        return saidBy(
          text
            .trim()
            .split('\n')
            .map((line) => JSON.parse(line) as Answer),
        );
      },
    ],
    ['CSV over HTTP', async () => saidByCsv(await post('/v1/predict', csvOf(records), 'text/csv'))],
    [
      'tensors over HTTP',
      async () => {
        const encode = createRecordEncoder(model.signature);
        const outputs: Record<string, (string | number)[]> = {};
        for (const part of parts) {
          const text = await post(
            '/v2/models/model/infer',
            JSON.stringify({ inputs: toProtocol(encode(part).tensors) }),
          );
          const answer = JSON.parse(text) as { outputs: { name: string; data: (string | number)[] }[] };
          for (const { name, data } of answer.outputs) outputs[name] = [...(outputs[name] ?? []), ...data];
        }
        return saidByOutputs(outputs);
      },
    ],
    [
      'the command line',
      async () => {
        const file = join(folder, 'rows.csv');
        writeFileSync(file, csvOf(records));
        return saidByCsv(
          execFileSync(process.execPath, [cli, 'predict', path, '--data', file], {
            encoding: 'utf8',
            stdio: ['ignore', 'pipe', 'ignore'],
            maxBuffer: 2 ** 26,
          }),
        );
      },
    ],
    [
      'records over HTTP, computed by the service itself',
      async () => {
        const small = await (await createService(path)).listen();
        try {
          const answers: Answer[] = [];
          for (const part of parts) {
            const response = await fetch(`${small.url}/v1/predict`, {
              method: 'POST',
              body: JSON.stringify(part),
              headers: { 'content-type': 'application/json' },
            });
            answers.push(...((await response.json()) as { predictions: Answer[] }).predictions);
          }
          return saidBy(answers);
        } finally {
          await small.close();
        }
      },
    ],
    [
      'the module in JavaScript',
      async () => {
        const file = join(folder, 'model.mjs');
        writeFileSync(file, await convertToModule(path));
        const { predict } = (await import(pathToFileURL(file).href)) as { predict(rows: readonly Row[]): Answer[] };
        return saidBy(predict(records));
      },
    ],
    [
      'the folder in a browser',
      async () => {
        const web = join(folder, 'web');
        expect(await convertToBrowser(path, web)).toEqual([]);
        await using opened = await openInBrowser(web);
        const page = await opened.browser.newPage();
        await page.goto(opened.origin);
        // As texts: a class may be named __proto__.
        const given = JSON.stringify(JSON.stringify(records));
        const script = `import('./model.js').then(({ predict }) => predict(JSON.parse(${given}))).then(JSON.stringify)`;
        return saidBy(JSON.parse((await page.evaluate(script)) as string) as Answer[]);
      },
    ],
    [
      "Python's onnxruntime",
      async () => {
        const { tensors } = createRecordEncoder(model.signature)(records);
        const described = Object.entries(tensors).map(([name, { dtype, shape }]) => ({ name, dtype, shape }));
        writeFileSync(join(folder, 'inputs.json'), JSON.stringify(described));
        for (const [name, { dtype, data }] of Object.entries(tensors))
          writeFileSync(join(folder, name), dtype === 'string' ? JSON.stringify(data) : (data as Float32Array));
        execFileSync(python, [script, folder], { stdio: 'pipe' });
        return saidByOutputs(JSON.parse(readFileSync(join(folder, 'outputs.json'), 'utf8')));
      },
    ],
  ])('says the same through %s', async (_, door) => {
    const said = await door();
    expect(said.numbers).toHaveLength(expected.numbers.length);
    let largest = 0;
    for (const [i, value] of expected.numbers.entries())
      largest = Math.max(largest, Math.abs(said.numbers[i]! - value) / Math.max(1, Math.abs(value)));
    expect(largest).toBeLessThanOrEqual(1e-5);
    expect(said.labels).toHaveLength(expected.labels.length);
    const width = expected.numbers.length / rowCount;
    const different = expected.labels.flatMap((label, row) => (label === said.labels[row] ? [] : [row]));
    // A label may differ where two classes are alike to the last digits.
    for (const row of different) {
      const [first = 0, second = 0] = expected.numbers.slice(row * width, row * width + width).sort((a, b) => b - a);
      expect(first - second).toBeLessThan(1e-5);
    }
  });
});
