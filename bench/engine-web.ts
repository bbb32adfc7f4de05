import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { type Bench, isChosen, type Row, rateRow } from './row.ts';
import type { WebCaseName } from './web/cases.ts';
import { callPage, openBrowser, openPage } from './web/in-page.ts';
import type { WebPage } from './web/page.ts';
import { servePage } from './web/serve-page.ts';

const script = fileURLToPath(new URL('./web/page.ts', import.meta.url));

interface Duel {
  readonly name: string;
  readonly task: WebCaseName;
  readonly peer: Parameters<WebPage['measurePeer']>[0];
  /** Of the peer, which is slow: a step of the convolutions takes a minute on its CPU backend. */
  readonly peerSteps: number;
  readonly must: string;
}

/** wasm of TensorFlow.js has no kernel for the gradient of a filter, so convolutions are held against its CPU backend alone. */
const duels: readonly Duel[] = [
  { name: 'MLP 784-256-128-10, batch 128, against tfjs-wasm', task: 'mlp', peer: 'wasm', peerSteps: 10, must: '>= 6' },
  { name: 'MLP 784-256-128-10, batch 128, against tfjs-cpu', task: 'mlp', peer: 'cpu', peerSteps: 2, must: '>= 1' },
  { name: 'CNN 28x28, 32-64, batch 64, against tfjs-cpu', task: 'cnn', peer: 'cpu', peerSteps: 1, must: '>= 200' },
];

/** Both sides in turn, the better of some rounds. */
async function fight(page: Page, { name, task, peer, peerSteps, must }: Duel, quick: boolean): Promise<Row> {
  const rounds = quick ? 1 : 3;
  const steps = task === 'cnn' ? 10 : 100;
  let [ours, theirs] = [0, 0];
  const own = async () => {
    ours = Math.max(ours, await callPage(page, 'measure', 'onnx', task, steps, rounds));
  };
  for (let i = 0; i < (peer === 'cpu' ? 1 : rounds); i++) {
    await own();
    theirs = Math.max(theirs, await callPage(page, 'measurePeer', peer, task, peerSteps, peer === 'cpu' ? 1 : rounds));
  }
  // A slow peer has one round, between two of ours.
  if (peer === 'cpu') await own();
  return rateRow('engine-web', name, ours, theirs, must);
}

const bench: Bench = {
  name: 'engine-web',
  about:
    'Training throughput in headless Chromium in samples per second: onnxruntime-web against TensorFlow.js on the same page; same network, batch and optimiser.',
  async run({ quick, only }) {
    const browser = await openBrowser();
    const rows: Row[] = [];
    try {
      await using plain = await servePage({ script });
      const page = await openPage(browser, plain.url, (text) => console.error(text));
      page.setDefaultTimeout(0);
      const run = async (on: Page, duel: Duel): Promise<void> => {
        if (isChosen(duel.name, only)) rows.push(await fight(on, duel, quick));
      };
      for (const duel of duels) await run(page, duel);
      await page.close();
      // Two threads on both sides; the page has to be cross-origin isolated for that.
      await using isolated = await servePage({ script, isolated: true });
      const shared = await openPage(browser, `${isolated.url}?threads=2`, (text) => console.error(text));
      shared.setDefaultTimeout(0);
      const [wasm, , cnn] = duels as [Duel, Duel, Duel];
      await run(shared, { ...wasm, name: `${wasm.name}, two threads` });
      await run(shared, { ...cnn, name: `${cnn.name}, two threads` });
      return rows;
    } finally {
      await browser.close();
    }
  },
};

export default bench;
