import { readFileSync, writeFileSync } from 'node:fs';
import { copyFile, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { transformSync } from 'esbuild';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { onnxBackend } from '../../src/backends/engine.ts';
import { startWorker } from '../../src/backends/remote/index.ts';
import { protocols } from '../llm/protocols.ts';
import { sensibleAnswer } from '../llm/sensible-answer.ts';
import { stream, wireServer } from '../llm/wire-server.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const home = process.cwd();
const argv = process.argv;
let lines: unknown[][];

// As a user runs them, but on a small budget; and Node 20 takes a learner's module as JavaScript alone.
vi.mock('traineragent', async (original) => {
  const library = await original<typeof import('traineragent')>();
  class Trainer extends library.Trainer {
    constructor(options: import('traineragent').TrainerOptions = {}) {
      const learners = options.learners?.map((learner) => (learner instanceof URL ? compiled(learner) : learner));
      super({ ...options, ...(learners === undefined ? {} : { learners }) } as import('traineragent').TrainerOptions<
        [],
        []
      >);
    }
    override run: import('traineragent').Trainer['run'] = (request) =>
      super.run({ budget: { workUnits: 60 }, ...request });
  }
  return { ...library, Trainer };
});

function compiled(module: URL): URL {
  const source = readFileSync(fileURLToPath(module).replace(/\.js$/, '.ts'), 'utf8');
  const path = join(process.cwd(), 'learner.mjs');
  writeFileSync(path, transformSync(source, { loader: 'ts', format: 'esm' }).code);
  return pathToFileURL(path);
}

let folder: string;
let runs = 0;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'traineragent-example-'));
  await copyFile(join(root, 'examples/data/penguins.csv'), join(folder, 'penguins.csv'));
  process.chdir(folder);
  lines = [];
  vi.spyOn(console, 'log').mockImplementation((...line) => void lines.push(line));
});
afterEach(async () => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  process.argv = argv;
  process.chdir(home);
  await rm(folder, { recursive: true, force: true });
});

async function runExample(name: string, ...args: string[]): Promise<string> {
  process.argv = [argv[0]!, name, ...args];
  // An example runs when it is imported, and one of them runs twice.
  await import(/* @vite-ignore */ join(root, `examples/${name}.ts?run=${++runs}`));
  return lines
    .map((line) => line.map((part) => (typeof part === 'string' ? part : JSON.stringify(part))).join(' '))
    .join('\n');
}

describe('each example does what its first line says', () => {
  it('drift is noticed, considered and learnt', async () => {
    const shown = await runExample('drift');
    expect(shown).toMatch(
      /^Drift of the model "parcels" \([0-9a-f]{12}\): columns .*"carrier" \(distribution, unseen\).*\. Train again,/m,
    );
    expect(shown).toMatch(/\ncomplete$/);
  });

  it('quick-start trains, predicts, saves and serves', async () => {
    const shown = await runExample('quick-start');
    expect(shown).toContain('"metric":"balancedAccuracy"');
    expect(shown).toContain('"prediction":"Gentoo"');
    expect(shown).toMatch(/http:\/\/127\.0\.0\.1:\d+$/);
    expect(await readdir(folder)).toContain('penguins.onnx');
    const served = await runExample('serve');
    expect(served).toMatch(/200\n\{"predictions":\[\{"prediction":"(Adelie|Chinstrap|Gentoo)"/);
  });

  it('explain-predictions and convert-model work on the model of quick-start', async () => {
    await runExample('quick-start');
    lines = [];
    const explained = await runExample('explain-predictions');
    expect(explained).toMatch(/^\w+: -?\d+\.\d\d\n.*\n.*\n(Adelie|Chinstrap|Gentoo), score -?\d+\.\d\d$/);
    lines = [];
    const converted = await runExample('convert-model');
    expect(converted).toMatch(
      /^(Adelie|Chinstrap|Gentoo)\n(\d+ bytes became \d+, answers differ|Expected a model that becomes smaller)/,
    );
    expect(await readdir(folder)).toContain('penguins.mjs');
  });

  it('forms makes and judges each form that was asked for', async () => {
    const shown = await runExample('forms');
    for (const form of ['float32', 'javascript', 'browser'])
      expect(shown).toMatch(new RegExp(`^${form} \\{.*"sizeBytes":\\d+`, 'm'));
    for (const form of ['float16', 'int8'])
      expect(shown).toMatch(new RegExp(`^${form} (\\{.*"loss":|Expected a model that becomes smaller)`, 'm'));
    expect(await readdir(folder)).toEqual(expect.arrayContaining(['penguins.onnx', 'model.mjs', 'browser']));
  });

  it('watch-events shows messages, decisions and the end', async () => {
    const shown = await runExample('watch-events');
    expect(shown).toContain('data → task: 344 rows × 8 columns read.');
    expect(shown).toContain('task.metric = {"metric":"balancedAccuracy"} (rule)');
    expect(shown).toMatch(/complete after \d+\.\d s/);
    expect(lines.at(-1)).toEqual(['complete']);
  });

  it('override-decision has the last word', async () => {
    const shown = await runExample('override-decision');
    expect(shown).toContain('task.metric: accuracy (given)');
    expect(shown).toContain('model.candidates: linear (host)');
    expect(shown).toMatch(/data\.columns: (?!.*sex).* \(host\)/);
    expect(shown).toContain('server.deployment: service (host)');
  });

  it('approve-by-person pauses, and another trainer goes on', async () => {
    const waiting = await runExample('approve-by-person');
    expect(waiting).toContain('A person looks at the plan first.');
    const runId = /^(\S+) waits/.exec(waiting)![1]!;
    lines = [];
    expect(await runExample('approve-by-person', runId)).toMatch(/^complete .*"metric":"balancedAccuracy"/);
  });

  const rows = Array.from({ length: 120 }, (_, i) => ({
    x: i % 40,
    y: (i * 7) % 11,
    kind: i % 40 < 20 ? 'low' : 'high',
  }));
  const json = (value: unknown) => ({
    method: 'POST' as const,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(value),
  });

  it('fastify-app trains on the rows it is sent, and predicts', async () => {
    const { app } = await import('../../examples/fastify-app.ts');
    try {
      expect((await app.inject({ ...json({ x: 1 }), url: '/predict' })).statusCode).toBe(409);
      const started = await app.inject({ ...json({ prompt: 'Predict the kind.', rows }), url: '/train' });
      expect(started.statusCode).toBe(202);
      const ended = await app.inject({ url: `/runs/${started.json().run}` });
      expect(ended.json()).toMatchObject({ status: 'complete', score: { metric: 'rocAuc' } });
      const answer = await app.inject({ ...json({ x: 1, y: 2 }), url: '/predict' });
      expect(answer.json()).toMatchObject({ predictions: [{ prediction: 'low' }] });
      expect((await app.inject({ ...json({ x: 'no number' }), url: '/predict' })).statusCode).toBe(400);
      expect((await app.inject({ url: '/runs/none' })).statusCode).toBe(404);
    } finally {
      await app.close();
    }
  });

  it('express-app trains on an upload and tells its progress', async () => {
    const { app } = await import('../../examples/express-app.ts');
    const server = app.listen(0);
    try {
      const url = `http://127.0.0.1:${(server.address() as { port: number }).port}`;
      const csv = `x,y,kind\n${rows.map(({ x, y, kind }) => `${x},${y},${kind}\n`).join('')}`;
      const trained = await fetch(`${url}/train?prompt=Predict%20the%20kind.`, { method: 'POST', body: csv });
      const told = await trained.text();
      expect(told).toContain('event: progress\ndata: "120 rows × 3 columns read.');
      expect(told).toMatch(/event: end\ndata: \{"status":"complete"/);
      const answer = await fetch(`${url}/predict`, json([{ x: 1, y: 2 }]));
      expect(await answer.json()).toMatchObject([{ prediction: 'low' }]);
    } finally {
      server.close();
    }
  });

  it('next-app has routes that train and predict', async () => {
    vi.stubEnv('TRAINED', folder);
    const train = await import('../../examples/next-app/app/api/train/route.ts');
    const predict = await import('../../examples/next-app/app/api/predict/route.ts');
    const ended = await train.POST(new Request('http://localhost', json({ prompt: 'Predict the kind.', rows })));
    expect(await ended.json()).toMatchObject({ status: 'complete' });
    const answer = await predict.POST(new Request('http://localhost', json({ x: 1, y: 2 })));
    expect(await answer.json()).toMatchObject([{ prediction: 'low' }]);
  });

  it('own-agent is asked, and overruled', async () => {
    expect(await runExample('own-agent')).toBe('complete');
  });

  it('agent-with-tools lets a model look a price up', async () => {
    expect(await runExample('agent-with-tools')).toBe('tariff start {"plan":"pro"}\ntariff end {"plan":"pro"}');
  });

  it('plan-and-fork says what a run costs, and compares two', async () => {
    const shown = await runExample('plan-and-fork');
    expect(shown).toContain('Predict "species" (multiclass)');
    expect(shown).toMatch(/model\.calibration +\S+ \(rule\) +none \(given\)/);
  });

  it('compare-in-ci stops the worse model', async () => {
    const shown = await runExample('compare-in-ci');
    expect(shown).toMatch(/accuracy +0\.\d+ \(/);
    expect(lines.at(-1)).toEqual(['stop']);
  });

  it('own-source learns from its records, and predicts', async () => {
    expect(await runExample('own-source')).toMatch(/orders yes$/);
  });

  it('own-metric steers the search, is held against its threshold, and judges later rows', async () => {
    const shown = await runExample('own-metric');
    expect(shown).toMatch(/^profit [2-9]\.\d+ \[[\d.]+,[\d.]+\] true\n/);
    expect(shown).toMatch(/\nworst surprise +0\.\d+ \(/);
  });

  it('extend-agent runs around a step, and calls its tool', async () => {
    expect(await runExample('extend-agent')).toBe('freeze-window ran on the host\ncomplete');
  });

  it('unit-test-a-prompt passes', async () => {
    await runExample('unit-test-a-prompt');
    const [by] = lines[0] as [Map<string, string>];
    expect(by.get('model.configurations')).toContain('rate limit');
  });

  it('own-learner is tried, and as good as its kind', async () => {
    const [, trials, best] = /^(\d+) trials, best (\S+)$/.exec(await runExample('own-learner/host'))!;
    expect(Number(trials)).toBeGreaterThan(0);
    // scikit-learn's GaussianNB reaches 0.97 with island and sex as numbers.
    expect(Number(best)).toBeGreaterThan(0.9);
  });

  it('own-network-learner trains its network on the run’s backend, and wins alone', async () => {
    const [, value] = /^balancedAccuracy (\S+) shallow$/.exec(await runExample('own-network-learner/host'))!;
    expect(Number(value)).toBeGreaterThan(0.9);
  });

  it('unit-test-own-learner holds both learners to the contract', async () => {
    const shown = await runExample('unit-test-own-learner');
    expect(shown).toMatch(/^naive-bayes: \d\d tests passed\nshallow: \d\d tests passed$/);
  });
  it('train-on-tfjs trains on the host’s own TensorFlow.js', async () => {
    const shown = await runExample('train-on-tfjs');
    expect(shown).toContain("trial on host\ntfjs (cpu), on the host's thread");
    expect(await readdir(folder)).toContain('parcels.onnx');
  }, 180_000);

  it('train-on-worker trains in a worker that asks for a key', async () => {
    await using worker = await startWorker({
      backend: onnxBackend(),
      authorize: (given) => given === 'Bearer of-the-worker',
    });
    vi.stubEnv('WORKER_URL', worker.url);
    vi.stubEnv('WORKER_KEY', 'of-the-worker');
    expect(await runExample('train-on-worker')).toMatch(/ trains on cpu\n\S+ [01]\.?\d* remote \(cpu\)$/);
  }, 180_000);

  it('unit-test-own-agent passes', async () => {
    expect(await runExample('unit-test-own-agent')).toBe('passed');
  });

  // The fourth, with a real file: test/interop/llama-cpp.test.ts.
  it.each([
    ['openai', 'OpenAI Responses', 'OPENAI_BASE_URL', '/v1'],
    ['anthropic', 'Anthropic Messages, native', 'ANTHROPIC_BASE_URL', ''],
    ['ai-sdk', 'Chat Completions', 'BASE_URL', '/v1'],
  ])('providers/%s lets a model decide', async (name, protocol, variable, path) => {
    const spoken = protocols.find((one) => one.name === protocol)!;
    await using server = await wireServer([
      (response, call) => stream(spoken.events(sensibleAnswer(call)))(response, call),
    ]);
    vi.stubEnv('OPENAI_API_KEY', 'sk-test-0123456789');
    vi.stubEnv('ANTHROPIC_API_KEY', 'sk-ant-test');
    vi.stubEnv(variable, `${server.url}${path}`);
    expect(await runExample(`providers/${name}`)).toBe('complete');
    expect(server.calls.length).toBeGreaterThan(1);
  });

  it('language-model asks the first provider that answers, within a budget', async () => {
    const messages = protocols.find(({ name }) => name === 'Anthropic Messages, native')!;
    await using server = await wireServer([
      (response, call) => stream(messages.events(sensibleAnswer(call)))(response, call),
    ]);
    vi.stubEnv('ANTHROPIC_API_KEY', 'sk-ant-test');
    vi.stubEnv('ANTHROPIC_BASE_URL', server.url);
    vi.stubEnv('OPENAI_API_KEY', 'sk-test');
    const shown = await runExample('language-model');
    expect(shown).toContain('Question: Which learners to try, in which order.');
    expect(shown).toMatch(/anthropic:claude-haiku-4-5 \{"inputTokens":120,.*"costUsd":/);
    expect(shown).toContain('model.candidates llm');
    expect(server.calls.length).toBeGreaterThan(0);
    expect(server.calls.every(({ headers }) => JSON.stringify(headers).includes('sk-ant-test'))).toBe(true);
  });

  it('replay-a-conversation records once, and then needs no network', async () => {
    const responses = protocols.find(({ name }) => name === 'OpenAI Responses')!;
    let recorded: string;
    {
      await using server = await wireServer([
        (response, call) => stream(responses.events(sensibleAnswer(call)))(response, call),
      ]);
      vi.stubEnv('OPENAI_API_KEY', 'sk-test-0123456789');
      vi.stubEnv('OPENAI_BASE_URL', `${server.url}/v1`);
      vi.stubEnv('RECORD', '1');
      recorded = await runExample('replay-a-conversation');
    }
    expect(recorded).toContain('model.candidates llm');
    expect(readFileSync('conversation.json', 'utf8')).not.toContain('0123456789');
    lines.length = 0;
    vi.stubEnv('RECORD', '');
    expect(await runExample('replay-a-conversation')).toBe(recorded);
  });
});
