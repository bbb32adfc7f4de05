import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { protocols } from '../llm/protocols.ts';
import { sensibleAnswer } from '../llm/sensible-answer.ts';
import { stream, wireServer } from '../llm/wire-server.ts';
import { hostEnv, install, makeHost, packInto } from './packed.ts';

// Who installs the package has its tour in node_modules: here it is copied out, checked, compiled and run as it is, in a folder that
// knows nothing of this repository.
let folder = '';
let host = '';

const compiler = {
  compilerOptions: {
    target: 'es2023',
    lib: ['es2023', 'esnext.disposable'],
    module: 'nodenext',
    types: ['node'],
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    verbatimModuleSyntax: true,
    skipLibCheck: true,
    rootDir: 'examples',
    outDir: 'built',
  },
  include: ['examples'],
  // These are built by what they are for: Next.js (hosts.test.ts) and a bundler of pages (engine-web.test.ts).
  exclude: ['examples/next-app', 'examples/browser'],
};

// Runs end early, as in the tests of the examples; what an example asks for itself stays.
const smallBudget = `import { Trainer } from 'traineragent';
const { run } = Trainer.prototype;
Trainer.prototype.run = function (request) { return run.call(this, { budget: { workUnits: 60 }, ...request }); };
`;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'traineragent-tour-'));
  const tarball = packInto(folder);
  host = makeHost(folder, 'a tour', { private: true, type: 'module' });
  install(
    host,
    tarball,
    'typescript@5.9',
    '@types/node@20',
    '@types/express@5',
    'express@5',
    'fastify@5',
    'zod@4',
    'bullmq@6',
    'ioredis@6',
    'openai@6',
    '@anthropic-ai/sdk@1',
    '@ai-sdk/openai-compatible@2',
    '@opentelemetry/api@1',
    '@tensorflow/tfjs@4',
  );
  cpSync(join(host, 'node_modules/traineragent/examples'), join(host, 'examples'), { recursive: true });
  cpSync(join(host, 'examples/data'), join(host, 'built/data'), { recursive: true });
  writeFileSync(join(host, 'tsconfig.json'), JSON.stringify(compiler));
  writeFileSync(join(host, 'small-budget.js'), smallBudget);
  try {
    execFileSync(process.execPath, ['node_modules/typescript/bin/tsc'], { cwd: host, encoding: 'utf8' });
  } catch (error) {
    throw new Error(`The examples do not compile:\n${(error as { stdout: string }).stdout}`);
  }
}, 900_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What an example prints, to its end. */
async function run(name: string, args: readonly string[] = [], env: NodeJS.ProcessEnv = {}): Promise<string> {
  const argv = ['--import', './small-budget.js', `built/${name}.js`, ...args];
  const options = { cwd: host, env: { ...hostEnv, ...env }, timeout: 280_000 };
  return (await promisify(execFile)(process.execPath, argv, options)).stdout.trimEnd();
}

describe('the tour, from the packed tarball', () => {
  it.each([
    ['quick-start', /metric: 'balancedAccuracy'.*prediction: 'Gentoo'.*http:\/\/127\.0\.0\.1:\d+$/s],
    ['serve', /200\n\{\s+predictions: \[ \{ prediction: '(Adelie|Chinstrap|Gentoo)'/],
    ['explain-predictions', /^\w+: -?\d+\.\d\d\n/],
    ['convert-model', /^(Adelie|Chinstrap|Gentoo)\n/],
    ['watch-events', /complete$/],
    ['override-decision', /model\.candidates: linear \(host\)/],
    ['plan-and-fork', /model\.calibration +\S+ \(rule\) +none \(given\)/],
    ['own-agent', /^complete$/],
    ['extend-agent', /^freeze-window ran on the host\ncomplete$/],
    ['own-learner/host', /^\d+ trials, best 0?\.9\d+|1$/],
    ['own-network-learner/host', /^balancedAccuracy \S+ shallow$/],
    ['unit-test-own-learner', /^naive-bayes: \d\d tests passed\nshallow: \d\d tests passed$/],
    ['own-source', /orders yes$/],
    ['own-metric', /^profit [2-9]\.\d+/],
    ['own-network', /loss 0\.0\d+$/],
    ['train-on-tfjs', /tfjs \(cpu\), on the host's thread/],
    ['fine-tune', /accuracy 1$/],
    ['agent-with-tools', /^tariff start/],
    ['unit-test-a-prompt', /rate limit/],
    ['unit-test-own-agent', /^passed$/],
    ['compare-in-ci', /stop$/],
    ['drift', /complete$/],
  ])('runs %s', async (name, printed) => {
    expect(await run(name)).toMatch(printed);
  });

  it('runs approve-by-person, in two processes', async () => {
    const waiting = await run('approve-by-person');
    const runId = /^(\S+) waits/.exec(waiting)![1]!;
    expect(await run('approve-by-person', [runId])).toMatch(/^complete /);
  });

  it.each([
    ['openai', 'OpenAI Responses', 'OPENAI_BASE_URL', '/v1'],
    ['anthropic', 'Anthropic Messages, native', 'ANTHROPIC_BASE_URL', ''],
    ['ai-sdk', 'Chat Completions', 'BASE_URL', '/v1'],
  ])('runs providers/%s over the vendor’s own package', async (name, protocol, variable, path) => {
    const spoken = protocols.find((one) => one.name === protocol)!;
    await using server = await wireServer([
      (response, call) => stream(spoken.events(sensibleAnswer(call)))(response, call),
    ]);
    const keys = { OPENAI_API_KEY: 'sk-test', ANTHROPIC_API_KEY: 'sk-ant-test' };
    expect(await run(`providers/${name}`, [], { ...keys, [variable]: `${server.url}${path}` })).toBe('complete');
    expect(server.calls.length).toBeGreaterThan(1);
  });

  it('runs language-model, and replay-a-conversation with its recording', async () => {
    const [messages, responses] = ['Anthropic Messages, native', 'OpenAI Responses'].map(
      (name) => protocols.find((one) => one.name === name)!,
    );
    const keys = { OPENAI_API_KEY: 'sk-test', ANTHROPIC_API_KEY: 'sk-ant-test' };
    await using anthropic = await wireServer([
      (response, call) => stream(messages!.events(sensibleAnswer(call)))(response, call),
    ]);
    expect(await run('language-model', [], { ...keys, ANTHROPIC_BASE_URL: anthropic.url })).toContain(
      'model.candidates llm',
    );
    await using openai = await wireServer([
      (response, call) => stream(responses!.events(sensibleAnswer(call)))(response, call),
    ]);
    const recorded = await run('replay-a-conversation', [], {
      ...keys,
      OPENAI_BASE_URL: `${openai.url}/v1`,
      RECORD: '1',
    });
    expect(await run('replay-a-conversation')).toBe(recorded);
  });

  it('runs train-on-worker, with a worker of the command line', async () => {
    const cli = join('node_modules/traineragent/dist/cli.js');
    const worker = spawn(process.execPath, [cli, 'worker', '--port', '0'], { cwd: host, env: hostEnv });
    try {
      const url = await new Promise<string>((told) => worker.stdout.once('data', (text) => told(`${text}`.trim())));
      expect(await run('train-on-worker', [], { WORKER_URL: url })).toMatch(
        / trains on cpu\n\S+ [01]\.?\d* remote \(cpu\)$/,
      );
    } finally {
      worker.kill('SIGTERM');
    }
  });

  it('runs fastify-app, which listens where it is told', async () => {
    const app = spawn(process.execPath, ['--import', './small-budget.js', 'built/fastify-app.js'], {
      cwd: host,
      env: { ...hostEnv, PORT: '0' },
    });
    try {
      const url = await new Promise<string>((told) => app.stdout.once('data', (text) => told(`${text}`.trim())));
      const post = async (path: string, value: unknown) =>
        fetch(`${url}${path}`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(value),
        });
      const rows = Array.from({ length: 120 }, (_, i) => ({ x: i % 40, kind: i % 40 < 20 ? 'low' : 'high' }));
      const { run: id } = (await (await post('/train', { prompt: 'Predict the kind.', rows })).json()) as {
        run: string;
      };
      expect(await (await fetch(`${url}/runs/${id}`)).json()).toMatchObject({ status: 'complete' });
      expect(await (await post('/predict', { x: 1 })).json()).toMatchObject({ predictions: [{ prediction: 'low' }] });
    } finally {
      app.kill('SIGTERM');
    }
  });

  it('left its files where it was run, and took its words from the package alone', () => {
    for (const name of ['penguins.onnx', 'penguins.mjs', 'parcels.onnx', 'spirals.onnx'])
      expect(existsSync(join(host, name)), name).toBe(true);
    const readme = readFileSync(join(host, 'examples/README.md'), 'utf8');
    const named = [...readme.matchAll(/\]\(([\w/-]+\.ts)\)/g)].map(([, path]) => path!);
    expect(named.length).toBeGreaterThan(25);
    expect(named.filter((path) => !existsSync(join(host, 'examples', path)))).toEqual([]);
  });
});

it('a worker of a queue is killed in the middle of a training, and another goes on', async () => {
  const path = makeHost(folder, 'a tour/queue');
  const script = join(host, 'built/queue-worker.js');
  const port = await freePort();
  const redis = spawn('redis-server', ['--port', `${port}`, '--bind', '127.0.0.1', '--save', ''], { stdio: 'ignore' });
  const withRedis = { ...hostEnv, REDIS_URL: `redis://127.0.0.1:${port}` };
  const worker = () => spawn(process.execPath, [script], { cwd: path, env: withRedis });
  const journal = join(path, 'runs/job-1/journal.jsonl');
  const records = () => (existsSync(journal) ? readFileSync(journal, 'utf8').split('\n') : []);
  let first: ChildProcess | undefined;
  let second: ChildProcess | undefined;
  try {
    const job = [script, 'add', 'Predict the species of a penguin.', 'penguins.csv'];
    expect(execFileSync(process.execPath, job, { cwd: path, env: withRedis, encoding: 'utf8' }).trim()).toBe('1');
    first = worker();
    await expect.poll(() => records().some((line) => line.includes('"model.search"')), { timeout: 60_000 }).toBe(true);
    first.kill('SIGKILL');
    const recorded = records().slice(0, -1);
    second = worker();
    const line = await new Promise<string>((resolve) => second!.stdout!.once('data', (text) => resolve(`${text}`)));
    expect(line).toMatch(/^1 \{"status":"complete"/);
    expect(existsSync(join(path, 'job-1.onnx'))).toBe(true);
    // What the first had written is still there: the second went on behind it.
    expect(records().slice(0, recorded.length)).toEqual(recorded);
  } finally {
    for (const one of [first, second, redis]) one?.kill('SIGKILL');
  }
});

/** A port that nobody listens on. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}
