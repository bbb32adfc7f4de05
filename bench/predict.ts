import { treesLearner } from '../src/tools/learn/trees/trees-learner.ts';
import { type Bench, makeRow } from './row.ts';
import { dataFolder, fitContext, median, readSpeedSet, startPeer } from './trees-peer.ts';

const bench: Bench = {
  name: 'predict',
  about: 'Rows a second that 300 trees of 31 leaves score, one thread each, against LightGBM.',
  async run({ python, quick }) {
    const peer = startPeer(python);
    try {
      const rows = quick ? 20_000 : 100_000;
      const trees = quick ? 50 : 300;
      const asked = { do: 'speed', folder: dataFolder, rows, columns: 28 };
      const { case: name, version } = await peer.ask<{ case: string }>(asked);
      console.error(`LightGBM ${version}, predict_proba with num_threads=1`);
      const set = readSpeedSet(name, rows);
      const configuration = { iterations: trees, learningRate: 0.1, leaves: 31, minChildSamples: 20 };
      const problem = { task: 'binary', classCount: 2 } as const;
      const { model } = await treesLearner.fit(set, configuration, problem, fitContext(2));
      const ours: number[] = [];
      const theirs: number[] = [];
      for (let round = -1; round < 5; round++) {
        const start = performance.now();
        model.predict(set.features);
        const seconds = (performance.now() - start) / 1000;
        const answer = await peer.ask<{ seconds: number }>({ do: 'predict', case: name, trees, threads: 1 });
        if (round < 0) continue;
        ours.push(rows / seconds);
        theirs.push(rows / answer.seconds);
      }
      return [
        makeRow({
          bench: 'predict',
          case: `${trees} trees × ${rows} rows`,
          metric: 'rows a second',
          ours: median(ours),
          peer: median(theirs),
          ratio: median(ours) / median(theirs),
          must: '>= 4',
        }),
      ];
    } finally {
      peer.close();
    }
  },
};

export default bench;
