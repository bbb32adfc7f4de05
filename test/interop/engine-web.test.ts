import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type WebCaseName, webBatches, webCases, webData, webTraining } from '../../bench/web/cases.ts';
import { callPage, openBrowser, openPage } from '../../bench/web/in-page.ts';
import type { BackendName, Trained } from '../../bench/web/page.ts';
import { type ServedPage, servePage } from '../../bench/web/serve-page.ts';
import { onnxBackend } from '../../src/backends/onnx/onnx-backend.ts';
import { decodeModel } from '../../src/onnx/decode.ts';
import type { OnnxGraph } from '../../src/onnx/model.ts';
import { constantOf } from '../../src/onnx/read-tensor.ts';

const script = new URL('../../bench/web/page.ts', import.meta.url).pathname;

let browser: Browser;
let served: ServedPage;
let page: Page;
const problems: string[] = [];

beforeAll(async () => {
  browser = await openBrowser();
  served = await servePage({ script });
  page = await openPage(browser, served.url, (text) => problems.push(text));
});
afterAll(async () => {
  await browser?.close();
  await served?.[Symbol.asyncDispose]();
});

/** The same training in Node on the native build. */
async function trainHere(name: WebCaseName, rows: number, steps: number): Promise<Trained> {
  const task = webCases[name];
  await using network = await onnxBackend().compile(task.spec, webTraining);
  const losses = await network.steps(webData(task, rows), webBatches(task, rows, steps));
  return { losses: [...losses], model: [...(await network.toModel())], runtime: 'onnxruntime-node' };
}

/** A file without its weights, and the weights by name. */
function partsOf(model: readonly number[]) {
  const { graph, ...file } = decodeModel(Uint8Array.from(model));
  const { initializers, ...rest } = graph as OnnxGraph;
  const shapes = initializers.map(({ name, dims, dataType }) => ({ name, dims, dataType }));
  const floats = initializers.filter(({ dataType }) => dataType === 1);
  const weights = new Map(floats.map((one) => [one.name, constantOf(one)!.data as Float32Array] as const));
  return { file: { ...file, rest, shapes }, weights };
}

/** Holds a training in the page against the one here: losses, and the exported file. */
async function expectSame(backend: BackendName, name: WebCaseName, rows: number, steps: number, within: number) {
  const [there, here] = [await callPage(page, 'train', backend, name, rows, steps), await trainHere(name, rows, steps)];
  expect(there.losses).toHaveLength(steps);
  for (const [step, loss] of there.losses.entries()) expect(Math.abs(loss - here.losses[step]!)).toBeLessThan(within);
  expect(there.losses.at(-1)).toBeLessThan(there.losses[0]!);
  const [a, b] = [partsOf(there.model), partsOf(here.model)];
  expect(a.file).toEqual(b.file);
  expect([...a.weights.keys()].length).toBeGreaterThan(3);
  for (const [key, values] of b.weights) {
    const worst = values.reduce((most, value, i) => Math.max(most, Math.abs(value - a.weights.get(key)![i]!)), 0);
    expect(worst).toBeLessThan(within);
  }
  return there;
}

describe('a page that trains on onnxruntime-web', () => {
  it.each<[WebCaseName, number, number]>([
    ['mlp', 256, 20],
    ['cnn', 128, 6],
  ])('gives the losses and the file that Node gives: %s', async (name, rows, steps) => {
    const { runtime } = await expectSame('onnx', name, rows, steps, 1e-3);
    expect(runtime).toBe('onnxruntime-web');
  });

  it('lets the page live while it trains, and sees an abort', async () => {
    const { longestMs, code } = await callPage(page, 'watch', 'mlp', 400);
    expect(code).toBe('RUN_ABORTED');
    // Calls are sized to 200 ms; a page that waited for all steps would wait for hours. The bound is for busy machines.
    expect(longestMs).toBeLessThan(30_000);
  });

  it('takes threads where the page is isolated, with the same losses', async () => {
    await using isolated = await servePage({ script, isolated: true });
    const opened = await openPage(browser, `${isolated.url}?threads=2`, (text) => problems.push(text));
    expect(await opened.evaluate('crossOriginIsolated')).toBe(true);
    const two = await callPage(opened, 'train', 'onnx', 'mlp', 256, 5);
    const one = await callPage(page, 'train', 'onnx', 'mlp', 256, 5);
    for (const [step, loss] of two.losses.entries()) expect(loss).toBeCloseTo(one.losses[step]!, 4);
    await opened.close();
  });
});

describe('a page that trains on TensorFlow.js', () => {
  it.each<BackendName>(['tfjs-cpu', 'tfjs-wasm'])(
    'gives the losses and the file that Node gives: %s',
    async (backend) => {
      await expectSame(backend, 'small', 64, 12, 1e-3);
    },
  );
});

it('the example trains, shows what it has learnt, and saves a file that Node runs', async () => {
  const folder = new URL('../../examples/browser/', import.meta.url);
  const html = await readFile(new URL('index.html', folder), 'utf8');
  await using example = await servePage({ script: fileURLToPath(new URL('page.ts', folder)), html });
  const opened = await browser.newPage();
  opened.on('pageerror', (error) => problems.push(error.message));
  await opened.goto(example.url);
  await opened.click('#train');
  await opened.locator('#state:has-text("step")').waitFor({ timeout: 120_000 });
  await opened.locator('#state:has-text("Trained")').waitFor({ timeout: 240_000 });
  expect(await opened.locator('#state').textContent()).toMatch(/accuracy (0\.9|1)/);
  const bytes = (await opened.evaluate(
    `fetch(document.getElementById('save').href).then((file) => file.arrayBuffer()).then((file) => [...new Uint8Array(file)])`,
  )) as number[];
  await using predictor = await onnxBackend().load(Uint8Array.from(bytes), { where: 'inline' });
  const { output } = await predictor.predict({
    point: { dtype: 'float32', shape: [1, 2], data: Float32Array.of(0, 0) },
  });
  expect(output!.shape).toEqual([1, 2]);
  // Stopped in the middle, it keeps what it has.
  await opened.evaluate(`new Promise((resolve) => {
    const state = document.getElementById('state');
    new MutationObserver((_, observer) => {
      if (!state.textContent.startsWith('step')) return;
      observer.disconnect();
      document.getElementById('stop').click();
      resolve();
    }).observe(state, { childList: true });
    document.getElementById('train').click();
  })`);
  await opened.locator('#state:has-text("Trained")').waitFor({ timeout: 120_000 });
  await opened.close();
});

it('nothing was complained of', () => {
  expect(problems.filter((text) => !text.includes('favicon') && !text.includes('404'))).toEqual([]);
});
