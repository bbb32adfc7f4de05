import type { Features, TaskKind } from '../src/tools/learn/learner.ts';
import { treesLearner } from '../src/tools/learn/trees/trees-learner.ts';
import { type Bench, makeRow, type Row } from './row.ts';
import { dataFolder, fitContext, median, type Peer, readData, readSpeedSet, startPeer } from './trees-peer.ts';

interface RealSet {
  readonly name: string;
  readonly task: TaskKind;
  readonly rows: number;
  readonly numbers: number;
  readonly sizes: readonly number[];
  readonly classes: number;
  /** Times five folds. */
  readonly repeats: number;
  readonly metric: number;
}

const parameters = { learningRate: 0.1, leaves: 31, minChildSamples: 20 };

/** Seconds of both sides in turns, binning included; the median of an odd number of rounds after one that warms up. */
async function compareSpeed(peer: Peer, rows: number, columns: number, trees: number, must: string): Promise<Row> {
  const { case: name } = await peer.ask<{ case: string }>({ do: 'speed', folder: dataFolder, rows, columns });
  const set = readSpeedSet(name, rows);
  const ours: number[] = [];
  const theirs: number[] = [];
  for (let round = -1; round < 3; round++) {
    const start = performance.now();
    const configuration = { ...parameters, iterations: trees };
    await treesLearner.fit(set, configuration, { task: 'binary', classCount: 2 }, fitContext(2));
    const seconds = (performance.now() - start) / 1000;
    const answer = await peer.ask<{ seconds: number }>({ do: 'fit', case: name, trees, threads: 2 });
    if (round < 0) continue;
    ours.push(seconds);
    theirs.push(answer.seconds);
  }
  const label = `${rows} × ${columns}, ${trees} trees`;
  return makeRow({
    bench: 'trees',
    case: label,
    metric: 'fit seconds',
    ours: median(ours),
    peer: median(theirs),
    ratio: median(ours) / median(theirs),
    must,
  });
}

/** Area under the ROC curve of scores against flags, ties counted half. */
function areaUnderCurve(scores: Float64Array, isPositive: (row: number) => boolean): number {
  const order = Uint32Array.from(scores, (_, i) => i).sort((a, b) => scores[a]! - scores[b]!);
  let rankSum = 0;
  let positives = 0;
  for (let i = 0; i < order.length; ) {
    let end = i;
    while (end < order.length && scores[order[end]!] === scores[order[i]!]) end++;
    for (let j = i; j < end; j++) {
      if (!isPositive(order[j]!)) continue;
      positives++;
      rankSum += (i + end + 1) / 2;
    }
    i = end;
  }
  return (rankSum - (positives * (positives + 1)) / 2) / (positives * (order.length - positives));
}

function metricOf({ task, classes }: RealSet, predicted: Float64Array, target: Float64Array): number {
  if (task === 'regression') {
    return Math.sqrt(predicted.reduce((sum, p, i) => sum + (p - target[i]!) * (p - target[i]!), 0) / target.length);
  }
  if (task === 'binary') return areaUnderCurve(predicted, (row) => target[row] === 1);
  let sum = 0;
  for (let k = 0; k < classes; k++) {
    const scores = target.map((_, row) => predicted[row * classes + k]!);
    sum += areaUnderCurve(scores, (row) => target[row] === k);
  }
  return sum / classes;
}

function pick(features: Features, rows: readonly number[]): Features {
  return {
    rowCount: rows.length,
    numbers: features.numbers.map((n) => ({ ...n, values: Float32Array.from(rows, (row) => n.values[row]!) })),
    categories: features.categories.map((c) => ({ ...c, codes: Int32Array.from(rows, (row) => c.codes[row]!) })),
  };
}

/** The mean over the folds of the peer, fitted with the same parameters. */
async function compareQuality(set: RealSet, index: number): Promise<Row> {
  const { rows, task, classes, repeats } = set;
  const x = readData(`real${index}.numbers`, Float32Array);
  const codes = readData(`real${index}.codes`, Int32Array);
  const target = readData(`real${index}.target`, Float64Array);
  const folds = readData(`real${index}.folds`, Uint8Array);
  const column = (f: number): [number, number] => [f * rows, (f + 1) * rows];
  const features: Features = {
    rowCount: rows,
    numbers: Array.from({ length: set.numbers }, (_, f) => ({ name: `n${f}`, values: x.slice(...column(f)) })),
    categories: set.sizes.map((size, f) => ({ name: `c${f}`, size, codes: codes.slice(...column(f)) })),
  };
  let sum = 0;
  for (let repeat = 0; repeat < repeats; repeat++) {
    for (let fold = 0; fold < 5; fold++) {
      const isHeld = (row: number): boolean => folds[repeat * rows + row] === fold;
      const all = Array.from({ length: rows }, (_, row) => row);
      const [train, held] = [all.filter((row) => !isHeld(row)), all.filter(isHeld)];
      const labels = Float64Array.from(train, (row) => target[row]!);
      const configuration = { ...parameters, iterations: 100 };
      const problem = { task, classCount: classes };
      const rowsToFit = { features: pick(features, train), target: labels };
      const { model } = await treesLearner.fit(rowsToFit, configuration, problem, fitContext(1));
      sum += metricOf(
        set,
        model.predict(pick(features, held)),
        Float64Array.from(held, (row) => target[row]!),
      );
    }
  }
  const ours = sum / (5 * repeats);
  const isError = task === 'regression';
  return makeRow({
    bench: 'trees',
    case: `${set.name} (${rows} × ${set.numbers + set.sizes.length})`,
    metric: isError ? 'RMSE' : classes > 2 ? 'mean ROC AUC' : 'ROC AUC',
    ours,
    peer: set.metric,
    // Above 1 is worse.
    ratio: isError ? ours / set.metric : set.metric / ours,
    must: '<= 1.003',
  });
}

const bench: Bench = {
  name: 'trees',
  about:
    'Boosted trees against LightGBM with equal parameters: seconds of a fit, and quality on real sets with missing values and categories.',
  async run({ python, quick }) {
    const peer = startPeer(python);
    try {
      const rows: Row[] = [];
      const { sets, version } = await peer.ask<{ sets: RealSet[] }>({ do: 'real', folder: dataFolder, quick });
      console.error(
        `LightGBM ${version}; 31 leaves, learning rate 0.1, 20 rows a leaf, 255 bins; 2 threads in timed fits`,
      );
      for (const [index, set] of sets.entries()) rows.push(await compareQuality(set, index));
      rows.push(await compareSpeed(peer, quick ? 20_000 : 100_000, 28, quick ? 20 : 100, '<= 0.8'));
      if (!quick) rows.push(await compareSpeed(peer, 1_000_000, 50, 20, '<= 1.0'));
      return rows;
    } finally {
      peer.close();
    }
  },
};

export default bench;
