import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { onnxBackend } from '../src/backends/onnx/onnx-backend.ts';
import { createRandom } from '../src/core/helpers/random.ts';
import { applyBlend, selectEnsemble } from '../src/tools/evaluate/ensemble.ts';
import { metrics } from '../src/tools/evaluate/metrics.ts';
import type { Features, FitContext, Learner, LearnerFacts } from '../src/tools/learn/learner.ts';
import { linearLearner } from '../src/tools/learn/linear/linear-learner.ts';
import { embeddingWidth } from '../src/tools/learn/network/architecture.ts';
import { encode, layoutOf, learnEncoding } from '../src/tools/learn/network/encoding.ts';
import { networkLearner } from '../src/tools/learn/network/network-learner.ts';
import { readOptions } from '../src/tools/learn/network/options.ts';
import { treesLearner } from '../src/tools/learn/trees/trees-learner.ts';
import { type Bench, isChosen, makeRow, type Row } from './row.ts';
import { dataFolder, readData, startPeer } from './trees-peer.ts';

interface RealSet {
  readonly name: string;
  readonly task: string;
  readonly rows: number;
  readonly numbers: number;
  readonly sizes: readonly number[];
}

/** Two classes, with missing values and categories, as `bench/trees.py` writes them. */
interface Rows {
  readonly name: string;
  readonly features: Features;
  readonly target: Float64Array;
  readonly folds: Uint8Array;
}

const problem = { task: 'binary', classCount: 2 } as const;
const backend = onnxBackend();
const context = (seed: string, more: Partial<FitContext> = {}): FitContext => ({
  random: createRandom(seed),
  threads: 1,
  backend: async () => backend,
  ...more,
});

function readRows({ name, rows, numbers, sizes }: RealSet, index: number): Rows {
  const x = readData(`real${index}.numbers`, Float32Array);
  const codes = readData(`real${index}.codes`, Int32Array);
  const part = (f: number): [number, number] => [f * rows, (f + 1) * rows];
  return {
    name,
    features: {
      rowCount: rows,
      numbers: Array.from({ length: numbers }, (_, f) => ({ name: `n${f}`, values: x.slice(...part(f)) })),
      categories: sizes.map((size, f) => ({ name: `c${f}`, size, codes: codes.slice(...part(f)) })),
    },
    target: readData(`real${index}.target`, Float64Array),
    folds: readData(`real${index}.folds`, Uint8Array).slice(0, rows),
  };
}

function pick({ features, target }: Rows, rows: readonly number[]) {
  return {
    features: {
      rowCount: rows.length,
      numbers: features.numbers.map((n) => ({ ...n, values: Float32Array.from(rows, (row) => n.values[row]!) })),
      categories: features.categories.map((c) => ({ ...c, codes: Int32Array.from(rows, (row) => c.codes[row]!) })),
    },
    target: Float64Array.from(rows, (row) => target[row]!),
  };
}

function splitBy({ folds }: Rows, fold: number) {
  const all = Array.from(folds, (_, row) => row);
  return { learned: all.filter((row) => folds[row] !== fold), held: all.filter((row) => folds[row] === fold) };
}

function rocAuc(truth: Float64Array, probabilities: Float64Array): number {
  const result = metrics.rocAuc.compute(truth, { classCount: 2, probabilities });
  return result.defined ? result.value : Number.NaN;
}

const factsOf = (rowCount: number, { features }: Rows): LearnerFacts => ({
  ...problem,
  rowCount,
  numberCount: features.numbers.length,
  categorySizes: features.categories.map(({ size }) => size),
  missingShare: 0.03,
});

/** PyTorch on the same encoded rows, net and optimiser; the mean over seeds of both sides. */
async function comparePeer(rows: Rows, python: string, seeds: number): Promise<Row> {
  const child = spawn(python, ['bench/network.py'], { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const [train, held] = [splitBy(rows, 0).learned, splitBy(rows, 0).held];
  const configuration = { ...networkLearner.defaults(factsOf(train.length, rows)), epochs: 15 };
  const options = readOptions(configuration, { rowCount: train.length });
  const encoding = learnEncoding(pick(rows, train).features, options);
  const { numbers, entries } = encode(encoding, rows.features, Float32Array);
  const layout = layoutOf(encoding);
  const write = (name: string, data: ArrayBufferView) =>
    writeFileSync(`${dataFolder}/network.${name}`, data as Uint8Array);
  write('numbers', numbers);
  write('entries', entries);
  write('labels', rows.target);
  write(
    'held',
    Uint8Array.from(rows.folds, (fold) => (fold === 0 ? 1 : 0)),
  );
  let [ours, theirs] = [0, 0];
  const other = pick(rows, held);
  for (let seed = 0; seed < seeds; seed++) {
    const { model } = await networkLearner.fit(pick(rows, train), configuration, problem, context(`${seed}`));
    ours += rocAuc(other.target, model.predict(other.features)) / seeds;
    const shape = { numbers: layout.numberWidth, categories: encoding.sizes.length, entries: layout.entries };
    const request = {
      ...options,
      ...shape,
      folder: dataFolder,
      rows: rows.features.rowCount,
      embedding: embeddingWidth(encoding),
      seed,
    };
    child.stdin.write(`${JSON.stringify(request)}\n`);
    const { value, done } = await lines.next();
    if (done === true) throw new Error('bench/network.py ended; its message is above.');
    theirs += (JSON.parse(value) as { auc: number }).auc / seeds;
  }
  child.stdin.end();
  const label = `${rows.name} (${rows.features.rowCount} × ${rows.features.numbers.length + rows.features.categories.length})`;
  return makeRow({
    bench: 'network',
    case: label,
    metric: `ROC AUC, mean of ${seeds}`,
    ours,
    peer: theirs,
    ratio: ours - theirs,
    must: '>= -0.005',
  });
}

/** Out-of-fold scores of the greedy blend with and without the network, each learner at its defaults. */
async function compareEnsembles(rows: Rows): Promise<Row> {
  const learners: readonly Learner[] = [treesLearner, linearLearner, networkLearner];
  const out = learners.map(() => new Float64Array(rows.target.length));
  for (let fold = 0; fold < 5; fold++) {
    const { learned, held } = splitBy(rows, fold);
    const [train, other] = [pick(rows, learned), pick(rows, held)];
    for (const [i, learner] of learners.entries()) {
      const fit = await learner.fit(
        train,
        learner.defaults(factsOf(learned.length, rows)),
        problem,
        context(`${fold}`, { validation: other }),
      );
      const predicted = fit.model.predict(other.features);
      for (const [at, row] of held.entries()) out[i]![row] = predicted[at]!;
    }
  }
  const alone = out.map((values) => rocAuc(rows.target, values));
  const blend = (members: readonly Float64Array[]) => {
    const best = members
      .map((values) => rocAuc(rows.target, values))
      .reduce((top, auc, i, all) => (auc > all[top]! ? i : top), 0);
    const { weights } = selectEnsemble(
      { truth: rows.target, classCount: 2, members, best },
      { metric: 'rocAuc', seed: 0 },
    );
    return { weights, auc: rocAuc(rows.target, applyBlend(weights, members)) };
  };
  const [without, all] = [blend(out.slice(0, 2)), blend(out)];
  console.error(
    `${rows.name}: trees ${alone[0]!.toFixed(5)}, linear ${alone[1]!.toFixed(5)}, network ${alone[2]!.toFixed(5)}; weights with it ${all.weights.map((w) => w.toFixed(2)).join(' ')}`,
  );
  return makeRow({
    bench: 'network',
    case: rows.name,
    metric: 'ROC AUC of the ensemble with and without',
    ours: all.auc,
    peer: without.auc,
    ratio: all.auc - without.auc,
    must: '>= 0',
  });
}

const bench: Bench = {
  name: 'network',
  about: 'The network learner against the same net in PyTorch on three real sets, and what it brings to the ensemble.',
  async run({ python, quick, only }) {
    mkdirSync(dataFolder, { recursive: true });
    const peer = startPeer(python);
    const { sets } = await peer.ask<{ sets: RealSet[] }>({ do: 'real', folder: dataFolder, quick: true });
    peer.close();
    const chosen = sets.flatMap((set, index) =>
      set.task === 'binary' && set.rows > 1000 ? [readRows(set, index)] : [],
    );
    const rows: Row[] = [];
    const add = (row: Row) => {
      console.error(`${row.case}, ${row.metric}: ours ${row.ours}, peer ${row.peer}`);
      rows.push(row);
    };
    const named = (part: string) => chosen.filter(({ name }) => isChosen(`${part} ${name}`, only));
    for (const set of named('peer')) add(await comparePeer(set, python, quick ? 1 : 3));
    for (const set of quick ? named('ensemble').slice(0, 1) : named('ensemble')) add(await compareEnsembles(set));
    return rows;
  },
};

export default bench;
