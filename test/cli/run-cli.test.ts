import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createService, type ServiceOptions } from 'traineragent/serve';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { runCli } from '../../src/cli/run-cli.ts';
import type { CliServices, TrainCommand } from '../../src/cli/services.ts';
import { TrainerError } from '../../src/core/errors.ts';
import type { FilePredictions } from '../../src/tools/bulk/predict-file.ts';
import { sampleFile } from '../server/sample-service.ts';
import { penguinFacts } from '../tools/report/facts.ts';
import { event, fakeCliModel, fakeIo, fakeRun, fakeServices, outcomeOf } from './fakes.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'traineragent-cli-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const run = async (argv: readonly string[], services: Partial<CliServices> = {}) => {
  const io = fakeIo(folder);
  const code = await runCli(argv, io, fakeServices(services));
  return { code, out: io.stdout.text, err: io.stderr.text, io };
};

/** A journal of so many records, where a run would have it. */
async function writeJournal(runFolder: string, records: number): Promise<void> {
  await mkdir(runFolder, { recursive: true });
  await writeFile(join(runFolder, 'journal.jsonl'), '{}\n'.repeat(records));
}

describe('help and usage', () => {
  it.each([
    'train',
    'plan',
    'predict',
    'serve',
    'key',
    'deploy',
    'inspect',
    'resume',
    'fork',
    'verify',
    'evaluate',
    'compare',
  ])('%s has a help with its usage and its options', async (name) => {
    const { code, out } = await run([name, '--help']);
    expect(code).toBe(0);
    expect(out).toContain(`Usage  traineragent ${name} `);
    expect(out).toContain('--help');
  });

  it('lists the commands and the exit codes', async () => {
    const { code, out } = await run(['--help']);
    expect(code).toBe(0);
    expect(out).toMatch(
      /train .*\n.*plan .*\n.*predict .*\n.*convert .*\n.*serve .*\n.*promote .*\n.*rollback .*\n.*labels .*\n.*key .*\n.*worker .*\n.*deploy .*\n.*inspect .*\n.*resume .*\n.*fork .*\n.*verify .*\n.*evaluate .*\n.*compare /,
    );
  });

  it('prints the version alone', async () => {
    expect(await run(['--version'])).toMatchObject({ code: 0, out: '1.2.3\n' });
  });

  it.each([
    [[], 'Usage'],
    [['trian'], 'Unknown command "trian". Did you mean train?'],
    [['frobnicate'], 'Unknown command "frobnicate".'],
    [['train'], 'Expected "PROMPT", got nothing.'],
    [['train', 'p'], 'Expected --data FILE, got none.'],
    [['train', '  ', '--data', 'x'], 'Expected a prompt that says what to predict, got an empty one.'],
    [['train', 'predict', 'churn', '--data', 'x'], 'Put quotes around the prompt.'],
    [['train', 'p', '--data'], 'Expected a value for --data.'],
    [['plan', 'p'], 'Expected --data FILE, got none.'],
    [['fork', 'run'], 'Expected --at QUESTION, got none.'],
    [['fork', 'run', '--at', 'task.metric'], 'Expected --answer JSON, got none.'],
    [['train', 'p', '--data', ''], 'Expected a value for --data, got an empty one.'],
    [['train', 'p', '--dta', 'x'], 'Unknown option --dta. Did you mean --data?'],
    [
      ['train', 'p', '--data', 'x', '--seed', '1.5'],
      'Expected --seed to be a whole number from 0 to 4294967295, got "1.5".',
    ],
    [['train', 'p', '--data', 'x', '--seed', '-1'], 'Expected a value for --seed.'],
    [
      ['train', 'p', '--data', 'x', '--budget', 'huge'],
      'Expected --budget to be quick, normal or thorough, got "huge".',
    ],
    [['train', 'p', '--data', 'x', '--json=yes'], '--json takes no value.'],
    [['predict', 'm.onnx'], 'Expected --data FILE, got none.'],
    [['predict', 'm.onnx', '--data', 'x', '--format', 'xml'], 'Expected --format to be csv or ndjson, got "xml".'],
    [['serve', 'm.onnx', '--port', '70000'], 'Expected --port to be a whole number from 0 to 65535, got "70000".'],
    [['inspect'], 'Expected MODEL_OR_RUN, got nothing.'],
    [['resume', 'r', '--answer', 'target'], 'Expected --answer QUESTION=VALUE, got "target".'],
    [['resume', 'r', '--answer', 'a=1', '--answer', 'a=2'], 'Expected one answer to a, got two.'],
    [['verify', 'a', 'b'], 'Expected only RUN, got 2 arguments.'],
  ])('%j ends with code 2 and says what was expected', async (argv, message) => {
    const { code, out, err } = await run(argv);
    expect(code).toBe(2);
    expect(err).toContain(message);
    expect(out).toBe('');
  });

  it('shows hostile arguments without their control characters', async () => {
    expect((await run(['\u001b[2Jx'])).err).toContain('\\u{1b}[2Jx');
  });
});

describe('train', () => {
  const argv = ['train', 'Predict the species.', '--data', 'penguins.csv', '--out', 'out'];

  it('passes what was asked, and nothing that was not', async () => {
    let asked: [TrainCommand, string] | undefined;
    const train: CliServices['train'] = async (request, runFolder) => {
      asked = [request, runFolder];
      return fakeRun(outcomeOf());
    };
    await run([...argv, '--target', 'species', '--seed', '7', '--budget', 'quick'], { train });
    expect(asked).toEqual([
      {
        runId: 'run-1',
        prompt: 'Predict the species.',
        dataPath: join(folder, 'penguins.csv'),
        target: 'species',
        seed: 7,
        budget: 'quick',
      },
      join(folder, 'out', 'run'),
    ]);
    await run(['train', 'p', '--data', '/data.csv'], { train });
    expect(asked).toEqual([
      { runId: 'run-1', prompt: 'p', dataPath: '/data.csv' },
      join(folder, 'traineragent-out', 'run-1', 'run'),
    ]);
  });

  it('writes the model, the cards and the report, and says what to do next', async () => {
    const { code, out, err } = await run(argv, { train: async () => fakeRun(outcomeOf()) });
    expect(code).toBe(0);
    expect(out).toBe('');
    expect((await readdir(join(folder, 'out'))).sort()).toEqual(['card.json', 'card.md', 'model.onnx', 'report.html']);
    expect(JSON.parse(await readFile(join(folder, 'out', 'card.json'), 'utf8'))).toMatchObject({ target: 'species' });
    expect(err).toContain('balanced accuracy  0.985 (95 %: 0.952 – 1.000)');
    expect(err).toContain('baseline           0.333 (without looking at any input)');
    expect(err).toContain('target             balanced accuracy ≥ 0.95, met');
    expect(err).toContain('→ traineragent predict out/model.onnx --data FILE');
  });

  it('prints one JSON object with --json', async () => {
    const { out } = await run([...argv, '--json'], { train: async () => fakeRun(outcomeOf()) });
    expect(out.endsWith('}\n')).toBe(true);
    expect(JSON.parse(out)).toMatchObject({
      status: 'complete',
      runId: penguinFacts.runId,
      modelPath: join(folder, 'out', 'model.onnx'),
      score: { metric: 'balancedAccuracy' },
      verdict: { kind: 'accept-with-warning' },
    });
  });

  it('ends with code 3 where the request was declined, with the reasons and a report', async () => {
    const facts = {
      ...penguinFacts,
      status: 'declined' as const,
      scores: [],
      verdict: {
        kind: 'reject' as const,
        reasons: [{ code: 'TOO_FEW_ROWS', message: 'There are only 12 rows.' }],
        offer: 'Bring at least 20.',
      },
    };
    const { code, out, err } = await run([...argv, '--json'], { train: async () => fakeRun(outcomeOf(facts)) });
    expect(code).toBe(3);
    expect(err).toContain('There are only 12 rows.');
    expect(err).toContain('\n    Bring at least 20.');
    expect(JSON.parse(out)).not.toHaveProperty('modelPath');
    expect(await readdir(join(folder, 'out'))).toEqual(['report.html']);
  });

  it('ends with code 4 where the run waits, with the line that answers and resumes', async () => {
    const facts = {
      ...penguinFacts,
      status: 'paused' as const,
      verdict: { kind: 'clarify' as const, reasons: [] },
      questions: [
        {
          question: 'task.target',
          about: 'Which column?',
          default: "it's",
          changes: 'everything',
          options: ["it's", 'b'],
        },
      ],
    };
    const { code, err } = await run(argv, { train: async () => fakeRun(outcomeOf(facts)) });
    expect(code).toBe(4);
    expect(err).toContain(`→ traineragent resume out --answer 'task.target=it'\\''s'`);
  });

  it('ends with code 1 where the run failed, with its code and the line that resumes', async () => {
    const failed = new TrainerError('RUN_CHILD_FAILED', 'The process that trains ended.');
    const train = async (_: unknown, runFolder: string) => {
      await writeJournal(runFolder, 2);
      return fakeRun(failed);
    };
    const { code, out, err } = await run([...argv, '--json'], { train });
    expect(code).toBe(1);
    expect(err).toContain('✗ The process that trains ended. [RUN_CHILD_FAILED]');
    expect(err).toContain('traineragent resume out\n');
    expect(out).toBe('');
    expect(await readdir(join(folder, 'out'))).toEqual(['run']);
  });

  it.each([
    ['DATA_NOT_FOUND', 1, []],
    ['DATA_NOT_FOUND', 2, ['out']],
    ['DATA_FORMAT', 1, []],
    ['RUN_LOCKED', 1, ['out']],
  ] as const)(
    'does not offer to resume what cannot be, or has nothing finished (%s after %i records)',
    async (code, records, left) => {
      const train = async (_: unknown, runFolder: string) => {
        await writeJournal(runFolder, records);
        return fakeRun(new TrainerError(code, 'The data can not be had.'));
      };
      const { err } = await run(argv, { train });
      expect(err).not.toContain('resume');
      expect(await readdir(folder)).toEqual(left); // free for the next try
    },
  );

  it('aborts the run on SIGINT, and leaves the second one to the system', async () => {
    const io = fakeIo(folder);
    let abort: (reason: unknown) => void = () => undefined;
    const result = new Promise<never>((_, reject) => {
      abort = () => reject(new TrainerError('RUN_ABORTED', 'The run was aborted.'));
    });
    result.catch(() => undefined);
    const ended = runCli(
      argv,
      io,
      fakeServices({
        train: async () => ({
          id: 'run-1',
          result,
          abort: (reason) => abort(reason),
          async *[Symbol.asyncIterator]() {},
        }),
      }),
    );
    while (io.listeners === 0) await new Promise((resolve) => setImmediate(resolve));
    io.signal('SIGINT');
    expect(io.listeners).toBe(0);
    expect(await ended).toBe(1);
    expect(io.stderr.text).toContain('traineragent resume out');
  });

  it.each(['run', 'model.onnx'])('refuses a folder that has a %s of another run', async (name) => {
    await mkdir(join(folder, 'out'));
    await writeFile(join(folder, 'out', name), '');
    const { code, err } = await run(argv);
    expect(code).toBe(2);
    expect(err).toContain('Expected --out to be a folder without a run in it');
  });
});

describe('resume', () => {
  it('reads answers as JSON where they are, else as text', async () => {
    let asked: unknown;
    const { code } = await run(
      [
        'resume',
        'out',
        '--answer',
        'task.target=species',
        '--answer',
        'x={"a":[1]}',
        '--answer',
        'y=a=b',
        '--plugins',
        'own.mjs',
      ],
      {
        resume: async (runFolder, answers, parts) => {
          asked = [runFolder, answers, parts];
          return fakeRun(outcomeOf());
        },
      },
    );
    expect(code).toBe(0);
    expect(asked).toEqual([
      join(folder, 'out', 'run'),
      { 'task.target': { target: 'species' }, x: { a: [1] }, y: 'a=b' },
      { plugins: join(folder, 'own.mjs') },
    ]);
  });
});

describe('verify', () => {
  it('ends with 0 where all numbers are found again, and with 5 where one is not, or none was checked', async () => {
    const good = { name: 'score', reported: 0.9, found: 0.9, ok: true };
    const bad = { name: 'rmse', reported: 0.1, found: 0.10000000000000002, ok: false };
    expect((await run(['verify', 'out'], { verify: async () => ({ checks: [good] }) })).code).toBe(0);
    const failed = await run(['verify', 'out', '--json'], { verify: async () => ({ checks: [good, bad] }) });
    expect(failed.code).toBe(5);
    expect(failed.err).toContain('✗ rmse  reported 0.1, found 0.10000000000000002');
    expect(JSON.parse(failed.out)).toMatchObject({ ok: false });
    expect((await run(['verify', 'out'], { verify: async () => ({ checks: [] }) })).code).toBe(5);
  });
});

describe('predict', () => {
  const chunks = ['prediction\n', Buffer.from('Adelie\n'), 'Gentoo\n'];
  const services = (model = fakeCliModel(), setAside: ReturnType<FilePredictions['told']>['setAside'] = []) => ({
    loadModel: async () => model,
    predictFile: vi.fn<CliServices['predictFile']>(async () => ({
      told: () => ({ count: 2, setAside }),
      text: (async function* () {
        yield* chunks;
      })(),
    })),
  });

  it('writes CSV to stdout and closes the model', async () => {
    const model = fakeCliModel();
    const given = services(model);
    const { code, out, err } = await run(['predict', 'm.onnx', '--data', 'x.csv'], given);
    expect(code).toBe(0);
    expect(out).toBe('prediction\nAdelie\nGentoo\n');
    expect(err).toBe('2 predictions.\n');
    expect(model.closed()).toBe(1);
    expect(given.predictFile).toHaveBeenCalledWith(expect.stringMatching(/x\.csv$/), model, {
      format: 'csv',
      signal: expect.any(AbortSignal),
    });
  });

  it('writes NDJSON to a file named so', async () => {
    const given = services();
    await run(['predict', 'm.onnx', '--data', 'x.csv', '--out', 'p.ndjson'], given);
    expect(given.predictFile.mock.calls[0]![2].format).toBe('ndjson');
    expect(await readFile(join(folder, 'p.ndjson'), 'utf8')).toBe('prediction\nAdelie\nGentoo\n');
    expect(await readdir(folder)).toEqual(['p.ndjson']);
  });

  it('says which labels a spreadsheet would take for a formula', async () => {
    const model = fakeCliModel();
    const output = { kind: 'classification', classes: ['=cmd()', 'a'] } as const;
    const { err } = await run(
      ['predict', 'm', '--data', 'x'],
      services({ ...model, signature: { ...model.signature, output } }),
    );
    expect(err).toContain('1 class label(s) begin with a character that spreadsheets take for a formula');
  });

  it('says which rows have no prediction', async () => {
    const setAside = [{ reason: 'too-many-fields', count: 3, rows: [2, 5] }];
    const { err } = await run(['predict', 'm', '--data', 'x'], services(fakeCliModel(), setAside));
    expect(err).toContain('3 row(s) could not be read (too-many-fields) and have no prediction: row 2, 5, …');
  });

  it('leaves no file behind where it fails half way', async () => {
    const { code } = await run(['predict', 'm', '--data', 'x', '--out', 'p.csv'], {
      loadModel: async () => fakeCliModel(),
      predictFile: async () => ({
        told: () => ({ count: 0, setAside: [] }),
        text: (async function* () {
          yield 'prediction\n';
          throw new TrainerError('PREDICT_FAILED', 'x');
        })(),
      }),
    });
    expect(code).toBe(1);
    expect(await readdir(folder)).toEqual([]);
  });
});

describe('serve', () => {
  const opened: { path: unknown; options: ServiceOptions }[] = [];
  const openService = async (path: unknown, options: ServiceOptions) => {
    opened.push({ path, options });
    const model = await sampleFile();
    const service = await createService(model, options);
    return { signature: model.signature, listen: service.listen, close: service.close };
  };

  it('prints its address on stdout, answers whoever has a key, and ends on SIGTERM', async () => {
    const io = fakeIo(folder);
    const made = await run(['key', join(folder, 'keys.json'), '--name', 'shop'], {});
    expect(made.code).toBe(0);
    const key = made.out.trim();
    expect(await readFile(join(folder, 'keys.json'), 'utf8')).not.toContain(key);
    const line = [
      'serve',
      'm.onnx',
      '--port',
      '0',
      '--workers',
      '1',
      '--keys',
      'keys.json',
      '--log',
      '--name',
      'churn',
    ];
    const ended = runCli(line, io, fakeServices({ openService }));
    while (io.stdout.text === '') await new Promise((resolve) => setTimeout(resolve, 5));
    const url = io.stdout.text.trim();
    const ask = (headers: Record<string, string>) =>
      fetch(`${url}/v1/predict`, {
        method: 'POST',
        body: JSON.stringify({ usage: 1 }),
        headers: { 'content-type': 'application/json', ...headers },
      });
    expect((await ask({})).status).toBe(401);
    const response = await ask({ authorization: `Bearer ${key}` });
    expect(await response.json()).toMatchObject({ predictions: [{ probabilities: { no: expect.any(Number) } }] });
    expect(io.stderr.text).toContain(`curl -s '${url}/v1/predict'`);
    expect(io.stderr.text).toMatch(
      /\{"requestId":"[^"]+","method":"POST","route":"\/v1\/predict","status":200,.*"key":"shop"/,
    );
    io.signal('SIGTERM');
    expect(await ended).toBe(0);
    await expect(fetch(`${url}/livez`)).rejects.toThrow();
    expect(opened[0]).toMatchObject({ path: join(folder, 'm.onnx'), options: { workers: 1, name: 'churn' } });
  });

  it.each([
    [['--host', '0.0.0.0'], /Expected keys to listen on "0\.0\.0\.0"/],
    [['--keys', 'no-such-keys.json'], /Could not read the keys/],
    [['--workers', '0'], /Expected --workers to be a whole number from 1/],
  ])('refuses %j', async (options, message) => {
    const { code, err } = await run(['serve', 'm.onnx', '--port', '0', ...options], { openService });
    expect(code).not.toBe(0);
    expect(err).toMatch(message);
  });
});

describe('deploy', () => {
  it.each([
    ['docker', ['Dockerfile', '.dockerignore', 'compose.yaml']],
    ['systemd', ['churn.service']],
    ['kubernetes', ['Dockerfile', '.dockerignore', 'service.yaml']],
  ])('writes the files of %s beside the model', async (target, files) => {
    await writeFile(join(folder, 'm.onnx'), 'ONNX');
    const services = { loadModel: async () => fakeCliModel() };
    const { code, out } = await run(
      ['deploy', 'm.onnx', '--target', target, '--out', 'out', '--name', 'churn'],
      services,
    );
    expect(code).toBe(0);
    expect(out.trim().split('\n')).toEqual(['model.onnx', ...files].map((file) => join('out', file)));
    expect((await readdir(join(folder, 'out'))).sort()).toEqual(['model.onnx', ...files].sort());
  });

  it.each([
    [['--target', 'moon', '--out', 'x'], /docker, systemd or kubernetes/],
    [['--target', 'docker'], /got no folder/],
    [['--target', 'docker', '--out', 'x', '--name', 'a\nb: c'], /Expected --name/],
  ])('refuses %j', async (options, message) => {
    const { code, err } = await run(['deploy', 'm.onnx', ...options], { loadModel: async () => fakeCliModel() });
    expect([code, err]).toEqual([2, expect.stringMatching(message)]);
  });
});

describe('key', () => {
  it('adds keys of several scopes, and none twice', async () => {
    const path = join(folder, 'more-keys.json');
    expect((await run(['key', path, '--name', 'shop'], {})).code).toBe(0);
    expect((await run(['key', path, '--name', 'prometheus', '--scope', 'metrics'], {})).code).toBe(0);
    const { keys } = JSON.parse(await readFile(path, 'utf8')) as { keys: unknown[] };
    expect(keys).toMatchObject([
      { name: 'shop', scopes: ['predict'] },
      { name: 'prometheus', scopes: ['metrics'] },
    ]);
    const again = await run(['key', path, '--name', 'shop'], {});
    expect([again.code, again.out]).toEqual([2, '']);
  });
});

describe('inspect', () => {
  const services = { loadModel: async () => fakeCliModel() };

  it('shows what the model takes and gives, and its card', async () => {
    const { code, out } = await run(['inspect', 'm.onnx'], services);
    expect(code).toBe(0);
    expect(out).toContain('Predicts  species (multiclass)');
    expect(out).toContain('bill length  number in mm, mostly 33 to 55');
    expect(out).toContain('"target": "species"');
  });

  it.each([
    ['2007 to 2009', true, [2007, 2009]],
    ['2007 to 2008', true, [2007, 2007.5]],
    ['-44 to 9999', true, [-44, 9999]],
    ['2,007 to 12,000', true, [2007, 12_000]],
    ['0.500 to 2,009', false, [0.5, 2009.2]],
  ] as const)('writes a range as %s', async (words, integers, range) => {
    const model = fakeCliModel();
    const year = { name: 'year', kind: 'number', tensor: 'numbers', index: 0, integers, range } as const;
    const signature = { ...model.signature, inputs: [year] };
    const { out } = await run(['inspect', 'm.onnx'], { loadModel: async () => ({ ...model, signature }) });
    expect(out).toContain(`mostly ${words}\n`);
  });

  it('prints TypeScript types alone', async () => {
    expect((await run(['inspect', 'm.onnx', '--types'], services)).out).toMatch(
      /^\/\*\* A record[\s\S]*export interface ModelOutput/,
    );
  });

  it.each([
    ['the same model', fakeCliModel().hash, 'score-of-the-run'],
    ['another model', 'other', '"target": "species"'],
  ])('with a card.json of %s, shows the card of this model', async (_, model, shown) => {
    await writeFile(join(folder, 'card.json'), JSON.stringify({ model, score: 'score-of-the-run' }));
    const { out } = await run(['inspect', '.'], services);
    expect(out).toContain(shown);
    expect(out.includes('score-of-the-run')).toBe(model !== 'other');
  });

  it('takes a run’s folder for its model', async () => {
    let path = '';
    await run(['inspect', '.'], {
      loadModel: async (asked) => {
        path = asked;
        return fakeCliModel();
      },
    });
    expect(path).toBe(join(folder, 'model.onnx'));
  });
});

it('keeps control characters of column names out of the terminal', async () => {
  const evil = '\u001b]0;x\u0007\u202e';
  const { io } = await run(['train', 'p', '--data', 'x', '--out', 'o'], {
    train: async () =>
      fakeRun(
        outcomeOf({
          ...penguinFacts,
          verdict: { kind: 'accept-with-warning', reasons: [{ code: 'X', message: evil }] },
        }),
        [
          event('stage-start', { stage: `data.${evil}`, agent: 'data', visit: 1 }),
          event('decision', {
            stage: 's',
            question: evil,
            ordinal: 0,
            answer: evil,
            by: 'rule',
            why: evil,
            fallback: evil,
          }),
          event('message', { stage: 's', from: evil, to: evil, summary: evil, body: null }),
          event('trial-end', {
            trial: 1,
            learner: evil,
            rung: 0,
            metric: evil,
            score: 0.5,
            best: true,
            workUnits: 1,
            seconds: 1,
          }),
          event('trial-end', {
            trial: 2,
            learner: evil,
            rung: 0,
            metric: evil,
            score: 0,
            best: false,
            workUnits: 1,
            seconds: 1,
            failed: evil,
          }),
          event('listener-error', { event: evil, error: evil }),
        ],
      ),
  });
  expect(io.stderr.text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
  expect(io.stderr.text).toContain('\\u{1b}');
});
