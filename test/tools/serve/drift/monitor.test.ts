import { beforeAll, describe, expect, it } from 'vitest';
import { checkModel } from '../../../../src/onnx/check-model.ts';
import { encodeModel } from '../../../../src/onnx/encode.ts';
import { type ModelSignature, metadataKeys } from '../../../../src/onnx/signature.ts';
import { buildArtefact } from '../../../../src/tools/artefact/build-artefact.ts';
import { encodeTableForModel } from '../../../../src/tools/artefact/encode-table.ts';
import type { Table } from '../../../../src/tools/data/table.ts';
import { linearLearner } from '../../../../src/tools/learn/linear/linear-learner.ts';
import { DriftMonitor } from '../../../../src/tools/serve/drift/drift-monitor.ts';
import { makeReference } from '../../../../src/tools/serve/drift/make-reference.ts';
import { defaultDriftLimits } from '../../../../src/tools/serve/drift/measure-drift.ts';
import { type DriftReference, readTrainingFacts } from '../../../../src/tools/serve/drift/reference.ts';
import { buildSampleModel, type SampleModel, sampleTable } from '../../artefact/sample-model.ts';

let sample: SampleModel;
let signature: ModelSignature;
let reference: DriftReference;
beforeAll(async () => {
  sample = await buildSampleModel('multiclass', [{ learner: linearLearner, weight: 1 }]);
  signature = sample.parts.signature;
  const labels = Int32Array.from({ length: 600 }, (_, i) => (i < 597 ? i % 2 : 2));
  const predictions = { kind: 'classes', labels, classCount: 3 } as const;
  const score = { metric: 'accuracy', value: 0.9, low: 0.87, high: 0.92 } as const;
  reference = makeReference(signature, tensorsOf(sampleTable(600, 'training')), predictions, score);
});
const tensorsOf = (table: Table) => encodeTableForModel(signature, table);
const fileWith = (value: unknown) => {
  const model = checkModel(sample.artefact.bytes);
  const metadata = [...model.metadata, [metadataKeys.reference, JSON.stringify(value)] as [string, string]];
  return encodeModel({ ...model, metadata });
};

describe('the reference of a model', () => {
  it('counts every row once in every column, and tells of no 1 to 9 rows', () => {
    for (const { counts } of [...reference.columns, reference.prediction!]) {
      expect(counts.reduce((sum, count) => sum + Math.max(0, count), 0)).toBe(600);
      expect(counts.filter((count) => count > 0 && count < 10)).toEqual([]);
    }
    // Three rows of the third class: with the largest bin.
    expect(reference.prediction).toMatchObject({ kind: 'values', places: [0, 1], counts: [302, 298, -1, 0, 0] });
  });

  it('has tenths of numbers and dates, both sides of a boolean, and values by their places alone', () => {
    const [tenure, since, plan, active] = reference.columns;
    for (const column of [tenure, since]) expect(column).toMatchObject({ kind: 'ranges', counts: { length: 11 } });
    expect(active).toMatchObject({ kind: 'ranges', edges: [0] });
    expect(plan).toMatchObject({ kind: 'values', counts: { length: 7 } });
    expect(JSON.stringify(reference)).not.toMatch(/basic|plus|yes|never seen/);
  });

  it('gives a value that is many rows a bin of its own', () => {
    const table = sampleTable(600, 'training');
    const columns = table.columns.map((column) =>
      column.kind === 'number' && column.name === 'usage'
        ? { ...column, values: column.values.map((value) => Math.max(0, value)) }
        : column,
    ) as Table['columns'];
    const made = makeReference(signature, tensorsOf({ ...table, columns }), undefined, undefined);
    const usage = made.columns[4]!;
    if (usage.kind !== 'ranges') throw new Error('Expected ranges.');
    expect(Math.fround(usage.edges[0]!)).toBeLessThan(0);
    expect(usage.edges[1]).toBe(0);
    expect(usage.counts[0]).toBe(0);
    expect(usage.counts[1]).toBeGreaterThan(250);
  });

  it('of a handful of rows has bins of at least ten', () => {
    const made = makeReference(signature, tensorsOf(sampleTable(25, 'few')), undefined, undefined);
    for (const { counts } of made.columns) expect(counts.filter((count) => count > 0 && count < 10)).toEqual([]);
    expect(made.columns[4]).toMatchObject({ kind: 'ranges', edges: { length: 1 } });
  });

  it('is in the file, small, and read back as it was', () => {
    const { bytes } = buildArtefact({ ...sample.parts, reference, card: { ...sample.parts.card, metric: 'accuracy' } });
    expect(bytes.length - sample.artefact.bytes.length).toBeLessThan(1200);
    const read = readTrainingFacts(bytes);
    expect(read.metric).toBe('accuracy');
    expect(read.reference).toMatchObject({ rows: 600, score: reference.score, prediction: reference.prediction });
    expect(read.reference!.columns.map(({ counts }) => counts)).toEqual(reference.columns.map(({ counts }) => counts));
  });

  it.each([
    ['none', undefined],
    ['a newer one', (right: DriftReference) => ({ ...right, formatVersion: 2 })],
    ['one of other columns', (right: DriftReference) => ({ ...right, columns: right.columns.slice(1) })],
    [
      'one of unordered edges',
      (right: DriftReference) => withFirst(right, { edges: [2, 1], counts: [300, 200, 100, 0] }),
    ],
    ['one with a count too few', (right: DriftReference) => withFirst(right, { edges: [1, 2], counts: [300, 300] })],
    [
      'one of unknown values',
      (right: DriftReference) => ({
        ...right,
        prediction: { kind: 'values', places: [7], counts: [600, 0, 0, 0] },
      }),
    ],
    ['text', () => 'x'],
  ] as const)('that is %s is as if it were not there', (_, change) => {
    const bytes = change === undefined ? sample.artefact.bytes : fileWith(change(reference));
    expect(readTrainingFacts(bytes)).not.toHaveProperty('reference');
  });
});

const withFirst = ({ columns, ...right }: DriftReference, histogram: { edges: number[]; counts: number[] }) => ({
  ...right,
  columns: [{ kind: 'ranges', ...histogram }, ...columns.slice(1)],
});

describe('a monitor', () => {
  const settings = { ...defaultDriftLimits, windowRows: 500 };
  const outputsOf = (rows: number, labels = ['low', 'mid']) =>
    ({
      label: {
        dtype: 'string',
        data: Array.from({ length: rows }, (_, i) => labels[i % labels.length]!),
        shape: [rows],
      },
    }) as const;

  it('compares each window when it is full, whatever the requests were', () => {
    const monitor = new DriftMonitor(signature, reference, settings);
    const table = sampleTable(1300, 'fresh');
    const tensors = tensorsOf(table);
    const [first, second, ...rest] = monitor.add(tensors, outputsOf(1300), 1300);
    expect([first!.window, second!.window, rest.length, monitor.pending]).toEqual([1, 2, 0, 300]);
    const one = new DriftMonitor(signature, reference, settings);
    const windows = Array.from({ length: 1300 }, (_, row) =>
      one.add(tensorsOf(rowsOf(table, row)), outputsOf(1, [row % 2 === 0 ? 'low' : 'mid']), 1),
    ).flat();
    expect(windows).toEqual([first, second]);
    expect(second!.columns.every(({ exceeds }) => exceeds.length === 0)).toBe(true);
    for (const { counts } of second!.columns) expect(counts.window.reduce((a, b) => a + b, 0)).toBe(500);
  });

  it('raises an alarm with the second window in a row, tells it once, and again after it was over', () => {
    const monitor = new DriftMonitor(signature, reference, settings);
    const told = (seed: string, labels?: string[]) => {
      const [window] = monitor.add(tensorsOf(sampleTable(500, seed)), outputsOf(500, labels), 500);
      return [window!.columns.at(-1)!.alarms, window!.isNews];
    };
    expect([told('1'), told('2', ['low']), told('3')]).toEqual([
      [[], false],
      [[], false],
      [[], false],
    ]);
    expect([told('4', ['low']), told('5', ['low']), told('6', ['low']), told('7')]).toEqual([
      [[], false],
      [['distribution'], true],
      [['distribution'], false],
      [[], false],
    ]);
    expect([told('8', ['low']), told('9', ['low'])]).toEqual([
      [[], false],
      [['distribution'], true],
    ]);
  });

  it('finds values that training had not, and says of which column', () => {
    const monitor = new DriftMonitor(signature, reference, settings);
    const windows = monitor.add(tensorsOf(sampleTable(1000, 'other', 0.3)), outputsOf(1000), 1000);
    const plan = windows[1]!.columns.find(({ column }) => column === 'plan')!;
    expect(plan.alarms).toEqual(['distribution', 'unseen']);
    expect(plan.unseen!.window).toBeGreaterThan(0.2);
    expect(windows[1]!.columns.filter(({ alarms }) => alarms.length > 0)).toEqual([plan]);
  });
});

const rowsOf = (table: Table, row: number): Table => ({
  rowCount: 1,
  columns: table.columns.map((column) => ({
    ...column,
    ...('codes' in column ? { codes: column.codes.subarray(row, row + 1) } : {}),
    ...('values' in column ? { values: column.values.slice(row, row + 1) } : {}),
    ...(column.validity === undefined
      ? {}
      : { validity: Uint8Array.of((column.validity[row >> 3]! >> (row & 7)) & 1) }),
  })) as Table['columns'],
});
