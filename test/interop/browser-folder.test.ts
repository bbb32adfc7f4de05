import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { onnxBackend } from '../../src/backends/onnx/onnx-backend.ts';
import { convertToBrowser, Trainer } from '../../src/index.ts';
import { loadModel } from '../../src/tools/artefact/model.ts';
import type { TaskKind } from '../../src/tools/learn/learner.ts';
import { linearLearner } from '../../src/tools/learn/linear/linear-learner.ts';
import { treesLearner } from '../../src/tools/learn/trees/trees-learner.ts';
import { buildSampleModel } from '../tools/artefact/sample-model.ts';
import { type Answer, differenceOf, recordsOf } from '../tools/convert/sample-records.ts';
import { type FolderInBrowser, openInBrowser } from './folder-in-browser.ts';

let folder: string;
let opened: FolderInBrowser;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'traineragent-web-'));
  opened = await openInBrowser(folder);
});
afterAll(async () => {
  await opened?.[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

describe('a folder for the browser', () => {
  it.each<TaskKind>(['binary', 'multiclass', 'regression'])(
    'predicts 10,000 rows with missing and unseen values as here, and asks nobody else: %s',
    async (task) => {
      const { artefact } = await buildSampleModel(task, [
        { learner: treesLearner, weight: 0.5, configuration: { iterations: 30 } },
        { learner: linearLearner, weight: 0.5 },
      ]);
      expect(await convertToBrowser(artefact.bytes, folder)).toEqual([]);
      const { browser, origin } = opened;
      const page = await browser.newPage();
      const problems: string[] = [];
      page.on('pageerror', (error) => problems.push(error.message));
      page.on('console', (message) => message.type() === 'error' && problems.push(message.text()));
      const foreign: string[] = [];
      page.on('request', (request) => {
        if (!request.url().startsWith(origin)) foreign.push(request.url());
      });
      await page.goto(origin);
      await page.click('button');
      await page.locator('#answer:has-text("prediction")').waitFor();
      const records = recordsOf(10_000);
      const answers = (await page.evaluate(
        `import('./model.js').then(({ predict }) => predict(${JSON.stringify(records)}))`,
      )) as Answer[];
      await using model = loadModel(artefact.bytes, onnxBackend(), { where: 'inline' });
      const { worst, labels } = differenceOf(answers, await model.predict(records));
      expect(worst).toBeLessThanOrEqual(1e-5);
      expect(labels).toBe(0);
      expect(foreign).toEqual([]);
      expect(problems.filter((text) => !text.includes('favicon') && !text.includes('404'))).toEqual([]);
      await page.close();
    },
  );

  it('of a run that was asked for one in words predicts as the model that the run judged', async () => {
    const data = fileURLToPath(new URL('../../examples/data/penguins.csv', import.meta.url));
    const outcome = await new Trainer().run({
      prompt: 'Predict the species in the browser.',
      data,
      budget: { workUnits: 300 },
      answers: { 'model.candidates': { learners: ['linear'] } },
    }).result;
    if (outcome.status !== 'complete') throw new Error(outcome.status);
    const form = outcome.forms.find((one) => one.form === 'browser')!;
    expect(await form.save(folder)).toEqual([]);
    expect(outcome.facts.forms!.find((one) => one.form === 'browser')).toMatchObject({
      isDelivered: true,
      runtime: expect.stringMatching(/^onnxruntime-web /),
    });
    const page = await opened.browser.newPage();
    await page.goto(opened.origin);
    await page.click('button');
    await page.locator('#answer:has-text("prediction")').waitFor();
    const records = [
      { island: 'Biscoe', bill_length_mm: 47.5, body_mass_g: 5050 },
      { island: 'Nowhere', bill_length_mm: 39.1 },
      { sex: 'female' },
      { year: 2031, sex: null },
    ];
    const answers = (await page.evaluate(
      `import('./model.js').then(({ predict }) => predict(${JSON.stringify(records)}))`,
    )) as Answer[];
    const { worst, labels } = differenceOf(answers, (await outcome.model.predict(records as never)) as never);
    expect(worst).toBeLessThanOrEqual(1e-5);
    expect(labels).toBe(0);
    await page.close();
  });
});
