import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { onnxBackend } from '../../src/backends/engine.ts';
import { remoteBackend, startWorker, type Worker } from '../../src/backends/remote/index.ts';
import { tfjsBackend } from '../../src/backends/tfjs/index.ts';
import { fileStore, type RunEvent, type RunRequest, Trainer, type TrainerOptions } from '../../src/index.ts';
import { verifyRun } from '../../src/verify/verify-run.ts';
import { complete, failureOf, finished, networkAnswers, planOf, sampleRows } from './sample.ts';

const key = 'a-key-that-nobody-may-see';

/** One network, of a few epochs, on two folds. */
const request: RunRequest = {
  prompt: 'Predict the label with a neural network',
  data: sampleRows(160),
  runId: 'run',
  budget: { workUnits: 300 },
  answers: networkAnswers,
};

const whereOf = (events: readonly RunEvent[], tool: string) => [
  ...new Set(events.flatMap((event) => (event.type === 'tool-call' && event.tool === tool ? [event.where] : []))),
];
const summaryOf = (events: readonly RunEvent[], stage: string) =>
  events.flatMap((event) => (event.type === 'message' && event.stage === stage ? [event.summary] : [])).join('\n');

let folder = '';
let worker: Worker;
let reference = '';
let trainedByTfjs = '';

beforeAll(async () => {
  await tf.setBackend('cpu');
  folder = await mkdtemp(join(tmpdir(), 'traineragent-backends-'));
  worker = await startWorker({ backend: onnxBackend(), authorize: (given) => given === `Bearer ${key}` });
  reference = complete(await new Trainer().run(request).result).model.hash;
}, 120_000);
afterAll(async () => {
  await worker[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

describe('a trainer with backends', () => {
  it('says nothing of them where it has none', async () => {
    const { events, outcome } = await finished(request);
    expect(complete(outcome).facts.environment).not.toHaveProperty('networks trained on');
    expect(summaryOf(events, 'model.candidates')).not.toContain('Networks train');
  });

  it('trains networks on tfjs, on the host’s thread, and says so', async () => {
    const store = fileStore(join(folder, 'tfjs'));
    const backends = [tfjsBackend({ tf })];
    const { events, outcome } = await finished(request, { store, backends });
    const { facts, card, model } = complete(outcome);
    const { markdown, json } = await card();
    trainedByTfjs = model.hash;
    expect(facts.winner?.members.map(({ learner }) => learner)).toEqual(['network']);
    expect(facts.scores[0]!.value).toBeGreaterThan(0.8);
    expect(whereOf(events, 'trial').sort()).toEqual(['child', 'host']); // the baseline, and the network
    expect(whereOf(events, 'freeze')).toEqual(['host']);
    expect(whereOf(events, 'evaluate')).toEqual(['child']);
    expect(summaryOf(events, 'model.candidates')).toContain("Networks train on tfjs (cpu), on the host's thread.");
    expect(facts.environment['networks trained on']).toBe("tfjs (cpu), on the host's thread");
    expect(markdown).toContain('networks trained on tfjs (cpu), on the host');
    expect(json.environment).toMatchObject({ 'networks trained on': "tfjs (cpu), on the host's thread" });
    const checks = await verifyRun(join(folder, 'tfjs', 'run'));
    expect(checks.filter(({ ok }) => !ok)).toEqual([]);
    // What was recorded is not trained again, and another trainer is told what is missing.
    await expect(new Trainer({ store, backends }).resume('run').result).resolves.toMatchObject({ status: 'complete' });
    const fork = (options: TrainerOptions) =>
      new Trainer({ store, ...options }).fork('run', {
        at: 'server.deployment',
        answer: { kind: 'service' } as never,
      }).result;
    await expect(fork({})).rejects.toMatchObject({
      code: 'RESUME_MISMATCH',
      message: expect.stringContaining('(tfjs on cpu), got none. Pass the same `backends`'),
    });
  }, 120_000);

  it('trains networks in a worker from the run’s child process, with the bits of the backend behind it', async () => {
    const backends = [await remoteBackend({ url: worker.url, key })];
    const store = fileStore(join(folder, 'remote'));
    const { events, outcome } = await finished(request, { store, backends });
    const { facts, model } = complete(outcome);
    expect(model.hash).toBe(reference);
    expect(whereOf(events, 'refit')).toEqual(['child']);
    expect(facts.environment['networks trained on']).toBe('remote (cpu)');
    // The key goes to the process that trains, and nowhere else.
    const kept = readdirSync(join(folder, 'remote'), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'latin1'));
    expect(kept.length).toBeGreaterThan(2);
    expect(kept.filter((text) => text.includes(key))).toEqual([]);
    expect(JSON.stringify(events)).not.toContain(key);
  });

  it('takes a module of one’s own into the child process, and judges on it what it can predict', async () => {
    const log = join(folder, 'calls.txt');
    const path = join(folder, 'own.mjs');
    const engine = pathToFileURL(fileURLToPath(new URL('../../dist/engine.js', import.meta.url))).href;
    await writeFile(
      path,
      `import { appendFileSync } from 'node:fs';
      import { onnxBackend } from ${JSON.stringify(engine)};
      const inner = onnxBackend();
      const note = (what) => appendFileSync(${JSON.stringify(log)}, what + ' ' + process.pid + '\\n');
      export default async () => ({
        name: 'own', capabilities: inner.capabilities,
        compile: (network, training) => { note('compile'); return inner.compile(network, training); },
        load: (model, options) => { note('load'); return inner.load(model, options); },
      });`,
    );
    const { events, outcome } = await finished(request, { backends: [pathToFileURL(path)] });
    expect(complete(outcome).model.hash).toBe(reference);
    expect(summaryOf(events, 'model.candidates')).toContain('Networks train on own (cpu).');
    const calls = readFileSync(log, 'utf8').trim().split('\n');
    expect(new Set(calls.map((line) => line.split(' ')[0]))).toEqual(new Set(['compile', 'load']));
    expect(calls.filter((line) => line.endsWith(` ${process.pid}`))).toEqual([]);
  });

  it('passes over what does not train, and says why', async () => {
    const predictsAlone = {
      ...onnxBackend(),
      name: 'predicts-alone',
      capabilities: { ...onnxBackend().capabilities, train: false },
    };
    const { events, outcome } = await finished(request, { backends: [predictsAlone] });
    expect(complete(outcome).model.hash).toBe(reference);
    expect(summaryOf(events, 'model.candidates')).toContain(
      'Networks train on onnx (cpu). Not on predicts-alone: It does not train.',
    );
  });

  it('goes on without networks where the worker is gone, and tells what to do', async () => {
    await using gone = await startWorker({ backend: onnxBackend() });
    const backends = [await remoteBackend({ url: gone.url, retries: 0 })];
    await gone[Symbol.asyncDispose]();
    const planned = networkAnswers['task.plan'];
    const linear = planOf('linear', 'normal', 2).steps[3];
    const plan = { ...planned, steps: planned.steps.toSpliced(3, 0, linear) };
    const { facts } = complete(
      await new Trainer({ backends }).run({ ...request, answers: { 'task.plan': plan } }).result,
    );
    expect(facts.winner?.members.map(({ learner }) => learner)).toEqual(['linear']);
    expect(facts.notDone).toContainEqual(
      expect.objectContaining({
        what: 'The learner "network"',
        why: expect.stringMatching(/could not be reached\. Start it again/),
      }),
    );
  });

  it('tells in the plan where networks would train', async () => {
    const { cost, text } = await new Trainer({ backends: [tfjsBackend({ tf })] }).plan(request);
    expect(cost?.backend).toMatchObject({ name: 'tfjs', where: 'host', deterministic: true });
    expect(text).toContain("Networks train on tfjs (cpu), on the host's thread.");
  });

  it('is aborted at once while tfjs trains, and goes on from the checkpoint', async () => {
    const store = fileStore(join(folder, 'aborted'));
    const backends = [tfjsBackend({ tf })];
    const run = new Trainer({ store, backends }).run(request);
    run.result.catch(() => undefined);
    for await (const event of run) {
      if (event.type === 'stage-progress' && event.stage === 'model.search' && (event.share ?? 0) > 0) break;
    }
    const at = performance.now();
    run.abort();
    await expect(run.result).rejects.toMatchObject({ code: 'RUN_ABORTED' });
    expect(performance.now() - at).toBeLessThan(1000);
    await expect(new Trainer({ store }).resume('run').result).rejects.toMatchObject({ code: 'RESUME_MISMATCH' });
    const resumed = complete(await new Trainer({ store, backends }).resume('run').result);
    expect(resumed.model.hash).toBe(trainedByTfjs);
    expect(existsSync(join(folder, 'aborted', 'run', 'blobs'))).toBe(true);
  }, 120_000);

  it('refuses what is no backend at the door', () => {
    expect(() => new Trainer({ backends: [Promise.resolve(onnxBackend()) as never] })).toThrow(
      "Expected each of the trainer's `backends` to be a backend (name, capabilities, load, compile), but it is a promise of one: await it.",
    );
  });

  it('ends with PLUGIN_INVALID where a module makes no backend', async () => {
    const path = join(folder, 'none.mjs');
    await writeFile(path, 'export default () => ({ name: "none" });');
    expect(await failureOf(request, { backends: [pathToFileURL(path)] })).toMatchObject({
      code: 'PLUGIN_INVALID',
      message: expect.stringContaining('"none" lacks load or compile'),
    });
  });
});
