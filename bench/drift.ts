import { createRandom, type Random } from '../src/core/helpers/random.ts';
import type { ModelSignature, SignatureInput } from '../src/onnx/signature.ts';
import { createInputTensors } from '../src/tools/artefact/input-tensors.ts';
import { DriftMonitor } from '../src/tools/serve/drift/drift-monitor.ts';
import { makeReference } from '../src/tools/serve/drift/make-reference.ts';
import { defaultDriftLimits } from '../src/tools/serve/drift/measure-drift.ts';
import { type Bench, makeRow, type Row } from './row.ts';

/** How a column of numbers is made of a normal one. */
const shapes: readonly ((value: number) => number)[] = [
  (value) => value,
  (value) => Math.exp(value),
  (value) => Math.round(2 * value),
  // Mostly nothing.
  (value) => Math.max(0, value - 0.5),
];
const names = Array.from({ length: 60 }, (_, i) => `k${i}`);

/** Twenty columns: fourteen of numbers, two of booleans, four of categories (few to many, with rare and unknown ones). */
const inputs: readonly SignatureInput[] = [
  ...Array.from(
    { length: 14 },
    (_, i): SignatureInput => ({
      name: `n${i}`,
      kind: 'number',
      tensor: 'numbers',
      index: i,
      integers: false,
      range: [0, 1],
    }),
  ),
  ...Array.from(
    { length: 2 },
    (_, i): SignatureInput => ({
      name: `b${i}`,
      kind: 'boolean',
      tensor: 'numbers',
      index: 14 + i,
      labels: ['no', 'yes'],
    }),
  ),
  ...[3, 8, 20, 50].map(
    (count, i): SignatureInput => ({
      name: `c${i}`,
      kind: 'category',
      tensor: 'categories',
      index: i,
      categories: names.slice(0, count),
    }),
  ),
];
const signature: ModelSignature = {
  formatVersion: 1,
  task: 'regression',
  target: 'y',
  inputs,
  missingCategory: '\u001fmissing',
  output: { kind: 'regression' },
};

/** What is otherwise than in training. */
interface Change {
  /** Of the first number, in standard deviations. */
  readonly shift?: number;
  /** Share of the second number that is missing besides. */
  readonly missing?: number;
  /** Share of the first category that is a new one. */
  readonly unknown?: number;
}

function draw(rows: number, random: Random, change: Change = {}) {
  const made = createInputTensors(signature, rows);
  const predictions = new Float32Array(rows);
  for (let row = 0; row < rows; row++) {
    let sum = 0;
    for (const [i, input] of inputs.entries()) {
      if (input.kind === 'number') {
        const value = random.normal() + (i === 0 ? (change.shift ?? 0) : 0);
        sum += value;
        const missing = (i % 5 === 1 ? 0.05 : 0) + (i === 1 ? (change.missing ?? 0) : 0);
        if (random.next() >= missing) made.setNumber(row, input, shapes[i % shapes.length]!(value));
      } else if (input.kind === 'boolean') made.setNumber(row, input, random.next() < 0.2 ? 1 : 0);
      else if (input.kind === 'category') {
        const isNew = input.index === 0 && random.next() < (change.unknown ?? 0);
        // By Zipf's law; beyond the dictionary is what was too rare in training.
        const place = Math.floor(Math.exp(random.next() * Math.log(1.2 * input.categories.length))) - 1;
        made.setCategory(row, input, isNew ? 'new' : names[place]!);
      }
    }
    predictions[row] = sum;
  }
  return { inputs: made.tensors(), predictions };
}

function monitorOf(trainingRows: number, windowRows: number, seed: string): DriftMonitor {
  const training = draw(trainingRows, createRandom(`${seed}/training`));
  const { predictions } = training;
  const reference = makeReference(signature, training.inputs, { kind: 'numbers', values: predictions }, undefined);
  return new DriftMonitor(signature, reference, { ...defaultDriftLimits, windowRows });
}

/** Windows of the stream, one after another. */
function* windows(monitor: DriftMonitor, count: number, windowRows: number, random: Random, change?: Change) {
  for (let i = 0; i < count; i++) {
    const { inputs, predictions } = draw(windowRows, random, change);
    const outputs = { prediction: { dtype: 'float32', data: predictions, shape: [windowRows] } } as const;
    yield* monitor.add(inputs, outputs, windowRows);
  }
}

/** Alarms in a thousand pairs of windows in which nothing has changed, over several trainings. */
function falseAlarms(trainingRows: number, windowRows: number, trainings: number, each: number): number {
  let [pairs, alarms] = [0, 0];
  for (let t = 0; t < trainings; t++) {
    const monitor = monitorOf(trainingRows, windowRows, `${trainingRows}/${t}`);
    for (const { window, columns } of windows(monitor, each, windowRows, createRandom(`stream ${t}`))) {
      if (window === 1) continue;
      pairs++;
      if (columns.some((column) => column.alarms.length > 0)) alarms++;
    }
  }
  return (1000 * alarms) / pairs;
}

/** Records until the alarm, the median over trainings; 20 windows stand for never. */
function delay(trainingRows: number, windowRows: number, trainings: number, change: Change): number {
  const records = Array.from({ length: trainings }, (_, t) => {
    const monitor = monitorOf(trainingRows, windowRows, `delay ${t}`);
    for (const { window, columns } of windows(monitor, 20, windowRows, createRandom(`changed ${t}`), change))
      if (columns.some((column) => column.alarms.length > 0)) return window * windowRows;
    return Number.POSITIVE_INFINITY;
  });
  return records.sort((a, b) => a - b)[records.length >> 1]!;
}

/** Nanoseconds of the processor for a record that comes alone. */
function costOfRecord(records: number): number {
  const monitor = monitorOf(2000, 500, 'cost');
  const { inputs, predictions } = draw(1, createRandom('one'));
  const outputs = { prediction: { dtype: 'float32', data: predictions, shape: [1] } } as const;
  for (let i = 0; i < 20_000; i++) monitor.add(inputs, outputs, 1);
  const started = process.cpuUsage();
  for (let i = 0; i < records; i++) monitor.add(inputs, outputs, 1);
  const { user, system } = process.cpuUsage(started);
  return (1000 * (user + system)) / records;
}

const bench: Bench = {
  name: 'drift',
  about: 'False alarms of drift in 1,000 pairs of windows without any, records until it is noticed, and cost a record.',
  async run({ quick }) {
    const rows: Row[] = [];
    const add = (name: string, metric: string, ours: number, peer: number, must: string): void => {
      rows.push(makeRow({ bench: 'drift', case: name, metric, ours, peer, ratio: ours, must }));
    };
    const [trainings, each] = quick ? [4, 10] : [60, 50];
    for (const training of [275, 2000, 20_000])
      for (const window of [500, 2000])
        add(
          `${training} training rows, windows of ${window}`,
          'false alarms in 1,000 pairs',
          falseAlarms(training, window, trainings, Math.round((each * 500) / window) + 10),
          1000 * defaultDriftLimits.falseAlarms,
          '<= 1',
        );
    const changes: readonly (readonly [string, Change, string])[] = [
      ['0.25 sigma', { shift: 0.25 }, '0..Infinity'],
      ['0.5 sigma', { shift: 0.5 }, '<= 2000'],
      ['1 sigma', { shift: 1 }, '<= 1000'],
      ['10 % more missing', { missing: 0.1 }, '<= 1500'],
      ['20 % more missing', { missing: 0.2 }, '<= 1000'],
      ['10 % of a new category', { unknown: 0.1 }, '<= 1000'],
    ];
    for (const [name, change, must] of changes)
      for (const training of quick ? [2000] : [275, 2000, 20_000])
        add(
          `${name}, ${training} training rows`,
          'records until the alarm',
          delay(training, 500, quick ? 3 : 15, change),
          1000,
          training < 1000 || must.endsWith('Infinity') ? '>= 0' : must,
        );
    add('20 columns, one record a call', 'ns of CPU', costOfRecord(quick ? 50_000 : 300_000), 0, '<= 3000');
    return rows;
  },
};

export default bench;
