import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { later, scriptedModel } from 'traineragent/testing';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JournalBody, JournalRecord } from '../src/core/journal-record.ts';
import { readJournal } from '../src/core/run-folder.ts';
import {
  fileStore,
  pause,
  type RunEvent,
  type RunFacts,
  type RunRequest,
  Trainer,
  TrainerError,
  type TrainerOutcome,
} from '../src/index.ts';
import { cardJson } from '../src/tools/report/card.ts';
import { cardMarkdown } from '../src/tools/report/card-markdown.ts';
import { complete, csvOf, failureOf, finished, outcomeOf, quickRequest, sampleRows } from './e2e/sample.ts';
import { readSources, walk } from './source-files.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'promises-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The blobs of a run that are JSON: what a record names by its hash. */
function jsonBlobsOf(store: string, runId: string): readonly unknown[] {
  const blobs = join(store, runId, 'blobs');
  return readdirSync(blobs, { recursive: true, withFileTypes: true }).flatMap((entry) => {
    if (!entry.isFile()) return [];
    try {
      return [JSON.parse(readFileSync(join(entry.parentPath, entry.name), 'utf8')) as unknown];
    } catch {
      return []; // a table, predictions, a model
    }
  });
}

const journalOf = (store: string, runId: string): readonly JournalRecord[] =>
  readJournal(readFileSync(join(store, runId, 'journal.jsonl'))).records;

/** Every number in a value, with the path that leads to it. */
function numbersIn(value: unknown, path = ''): [path: string, number: number][] {
  if (typeof value === 'number') return [[path, value]];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, part]) => numbersIn(part, path === '' ? key : `${path}.${key}`));
}

const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;

describe('1: every number that is told is in the journal', () => {
  const runs = () => join(folder, 'numbers');
  const prices = sampleRows(160).map(({ label, ...row }, i) => ({
    ...row,
    price: 3 * row.x - row.y + (i % 5),
    kind: label,
  }));
  const requests: Record<string, RunRequest> = {
    classes: quickRequest({ prompt: 'Predict the label with an accuracy of at least 0.8', runId: 'classes' }),
    values: quickRequest({ prompt: 'Predict the price', data: prices, runId: 'values' }),
    few: quickRequest({ data: sampleRows(60), runId: 'few' }),
  };
  const told = new Map<
    string,
    { facts: RunFacts; outcome: TrainerOutcome; records: readonly JournalRecord[]; blobs: readonly unknown[] }
  >();
  beforeAll(async () => {
    for (const [name, request] of Object.entries(requests)) {
      const outcome = complete(await outcomeOf(request, { store: fileStore(runs()) }));
      const { facts } = outcome;
      told.set(name, { facts, outcome, records: journalOf(runs(), name), blobs: jsonBlobsOf(runs(), name) });
    }
  });

  it.each(Object.keys(requests))('%s: in the facts, of which reports and cards are made', (name) => {
    const { facts, records, blobs } = told.get(name)!;
    // A profile, and the values that an explanation is about, are in blobs that the journal names by their hash.
    const parts = [...records.map(({ body }) => body), ...blobs];
    const recorded = new Set(parts.flatMap((part) => numbersIn(part).map(([, number]) => number)));
    const known = (number: number) => recorded.has(number) || recorded.has(-number);
    const counts = new Set([records.length, ...records.map(({ record }) => record)]);
    const wrong = numbersIn(facts).filter(([path, number]) => {
      if (known(number)) return false;
      // What is made of recorded numbers by counting, adding or taking a mean, each by its rule.
      if (/^trials\.\d+\.score$/.test(path)) {
        const trial = facts.trials[Number(path.split('.')[1])]!;
        return Math.abs(number - mean(trial.foldScores)) > 1e-12;
      }
      if (/^importances\./.test(path)) return !(number >= 0 && number <= 1);
      if (/^data\.(rowsUsed|setAside|target\.counts)/.test(path)) return !countsAddUp(facts);
      if (/^winner\.compression\.\d+\.lossOfScore$/.test(path)) {
        const scores = records.flatMap(({ body }) => numbersIn(body).filter(([at]) => /tried\.\d+\.score$/.test(at)));
        return !scores.some(([, a]) => scores.some(([, b]) => Math.abs(a - b - number) < 1e-12));
      }
      if (path === 'workUnits') {
        const spent = records.flatMap(({ body }) =>
          body.kind === 'call' ? [(body.output as { workUnits?: number }).workUnits ?? 0] : [],
        );
        return number > spent.reduce((a, b) => a + b, 0) + 1e-9;
      }
      if (path === 'formatVersion') return number !== 1;
      return !counts.has(number) || !/count|vaultReads|index|trial/.test(path);
    });
    expect(wrong).toEqual([]);
  });

  it.each(Object.keys(requests))(
    '%s: in the answer, the card and the report, to the digits that are shown',
    async (name) => {
      const { facts, outcome, records } = told.get(name)!;
      const numbers = [facts, ...records.map(({ body }) => body)].flatMap((part) =>
        numbersIn(part).map(([, number]) => number),
      );
      const texts = (facts.answer ?? []).concat(cardMarkdown(facts).split('\n'));
      const strays: string[] = [];
      for (const text of texts) {
        // Quoted names and hashes are no numbers, code spans hold versions and ids, and footnotes name records.
        for (const [, record] of text.matchAll(/\[\^(\d+)\]/g))
          if (records[Number(record) - 1]?.record !== Number(record)) strays.push(`no record ${record}: ${text}`);
        const plain = text.replace(
          /`[^`]*`|\[\^\d+\]|: Record \d+ of|"[^"]*"|#\d+|[0-9a-f]{12,}|\b\w+@[\d.]+|\d{4}-\d\d-\d\d[^ |]*|\d+\.\d+\.\d+/g,
          ' ',
        );
        for (const [shown] of plain.matchAll(/(?<![\w.])\d[\d,]*(?:\.\d+)?(?![\w.]*\w\d)/g)) {
          const value = Number(shown.replaceAll(',', ''));
          const unit = 10 ** -(shown.split('.')[1]?.length ?? 0);
          const scales = [1, 100, 1000, 1e-3, 1e-6, 1 / 1024, 1 / 60];
          const near = (number: number) =>
            scales.some((scale) => {
              const difference = Math.abs(Math.abs(number) * scale - value);
              return difference <= unit * 0.5000001 || (value >= 100 && difference <= value * 0.005);
            });
          const constants = new Set([0, 1, 5, 9, 20, 21, 24, 50, 80, 90, 95, 99, 100]); // of the sentences themselves
          if (!constants.has(value) && !numbers.some(near) && !isCount(value, facts)) strays.push(`${shown}: ${text}`);
        }
      }
      expect(strays).toEqual([]);
      expect(await outcome.report()).toContain('<svg');
    },
  );
});

function isCount(value: number, facts: RunFacts): boolean {
  const lists = [facts.trials, facts.decisions, facts.checks, facts.data?.columns ?? [], facts.winner?.members ?? []];
  const inputs = facts.data?.columns.filter(({ role }) => role === 'input').length;
  return (
    lists.some((list) => list.length === value) ||
    inputs === value ||
    new Set(facts.trials.map(({ learner }) => learner)).size === value
  );
}

function countsAddUp({ data, split }: RunFacts): boolean {
  if (data === undefined) return true;
  const setAside = data.setAside.reduce((sum, { count }) => sum + count, 0);
  const rows = data.rowsRead === data.rowsUsed + setAside;
  const parts =
    split === undefined || split.method === 'given by the host' || split.trainRows + split.vaultRows === data.rowsUsed;
  const target = data.target;
  const ofTarget =
    target === undefined ? [] : target.kind === 'classes' ? target.counts.map(({ count }) => count) : target.histogram;
  const total = ofTarget.reduce((a, b) => a + b, 0);
  return rows && parts && (total === 0 || total === split?.trainRows || total === data.rowsUsed);
}

describe('2: no text from a model, a file or a network is executed, or used as a path, URL or command', () => {
  const sources = readSources();

  it('has no place in the sources where a text could become code or a command', () => {
    const found: string[] = [];
    for (const { path, tree } of sources.values()) {
      walk(tree, (node) => {
        if (ts.isCallExpression(node)) {
          const callee = node.expression.getText(tree);
          const first = node.arguments[0];
          const isFixed = first !== undefined && ts.isStringLiteralLike(first);
          if (/^(globalThis\.)?eval$|^Function$|^vm\.|runIn\w*Context$/.test(callee)) found.push(`${path}: ${callee}`);
          if (/^(exec|execSync|execFile|execFileSync|spawn|spawnSync)$/.test(callee)) found.push(`${path}: ${callee}`);
          if (/^set(Timeout|Interval|Immediate)$/.test(callee) && isFixed) found.push(`${path}: ${callee} of a text`);
          if (node.expression.kind === ts.SyntaxKind.ImportKeyword && !isFixed)
            found.push(`${path}: import of ${first?.getText(tree)}`);
        }
        if (ts.isNewExpression(node) && node.expression.getText(tree) === 'Function')
          found.push(`${path}: new Function`);
      });
      const text = tree.getFullText();
      if (/node:vm|node:repl|node:inspector/.test(text)) found.push(`${path}: a module that runs texts`);
    }
    // The host's own modules of learners, metrics and backends, by a URL that the host wrote, and the user's of the command line.
    const own =
      /^tools\/(learn\/learner|evaluate\/metric)-registry\.ts: import of url|^backends\/backend-modules\.ts: import of specifier|^cli\/plugins-option\.ts: import of pathToFileURL\(path\)\.href/;
    expect(found.filter((place) => !own.test(place))).toEqual([]);
  });

  it('starts processes and threads from files of its own alone', () => {
    const places = [...sources.values()].flatMap(({ path, tree }) => {
      const calls: string[] = [];
      walk(tree, (node) => {
        const callee = ts.isCallExpression(node) || ts.isNewExpression(node) ? node.expression.getText(tree) : '';
        if (callee === 'fork' || callee === 'Worker') calls.push(path);
      });
      return calls;
    });
    for (const path of places) expect(sources.get(path)!.tree.getFullText()).toContain('entryUrl(');
    expect(places.length).toBeGreaterThan(0);
  });

  it('takes names of columns, cells and answers of a language model as texts', async () => {
    const mark = join(folder, 'executed');
    const evil = [
      `$(touch ${mark})`,
      `../../../${mark}`,
      `\`touch ${mark}\``,
      `";require("fs").writeFileSync("${mark}","");"`,
    ];
    const rows = sampleRows(110).map(({ x, y, label }, i) => ({
      [evil[0]!]: x,
      [evil[1]!]: y,
      [evil[2]!]: evil[i % 4],
      label,
    }));
    const llm = scriptedModel(
      Array.from({ length: 12 }, () => ({
        variant: evil[3]!,
        learners: [evil[0]!],
        configurations: [{ learner: evil[1]!, values: {} }],
      })),
    );
    const outcome = complete(await outcomeOf({ ...quickRequest({ data: rows }), answers: {} }, { llm }));
    await outcome.report();
    expect(existsSync(mark)).toBe(false);
    expect(outcome.facts.decisions.every(({ by }) => by !== 'llm')).toBe(true);
  });
});

describe('3: vault rows are read once, and every further read is recorded and shown', () => {
  it('counts the models that were judged on the same rows, over all runs of a store', async () => {
    const store = fileStore(join(folder, 'vault'));
    const runs: JournalBody[][] = [];
    for (const [runId, learner] of [
      ['one', 'linear'],
      ['two', 'trees'],
      ['three', 'linear'],
    ] as const) {
      const request = quickRequest({ runId, answers: { 'model.candidates': { learners: [learner] } } });
      const { facts } = complete(await outcomeOf(request, { store }));
      const bodies = journalOf(join(folder, 'vault'), runId).map(({ body }) => body);
      runs.push(bodies);
      // The third makes the model of the first again: the same model on the same rows is no further look.
      expect(facts.split?.vaultReads).toBe(runId === 'one' ? 1 : 2);
      expect(cardMarkdown(facts)).toContain(runId === 'one' ? 'read once' : 'read 2 times');
    }
    for (const bodies of runs) {
      const at = bodies.findIndex(({ kind }) => kind === 'vault-read');
      const looks = bodies.flatMap((body, i) =>
        body.kind === 'call' && ['evaluate', 'importance'].includes(body.at.name) ? [i] : [],
      );
      expect(bodies.filter(({ kind }) => kind === 'vault-read')).toHaveLength(1);
      expect(at).toBeGreaterThan(0);
      expect(looks).toHaveLength(2);
      expect(at).toBeLessThan(Math.min(...looks));
    }
  });

  it('gives the rows to the evaluator, and their inputs to the check for copies, and to nobody else', async () => {
    const store = join(folder, 'vault-users');
    const { facts } = complete(await outcomeOf(quickRequest({ runId: 'one' }), { store: fileStore(store) }));
    const users = journalOf(store, 'one').flatMap(({ body }) =>
      body.kind === 'call' && JSON.stringify(body.input).includes(facts.hashes.vault!) ? [body.at.name] : [],
    );
    // Both judge the frozen file, after the one read that is recorded for it, and nothing is chosen from them.
    expect(users).toEqual(['check', 'evaluate', 'importance']);
  });
});

describe('4: nothing is dropped silently', () => {
  it('adds up: rows, columns, classes and trials', async () => {
    const lines = csvOf(
      sampleRows(200).map((row, i) => ({ ...row, same: 'a', id: `row-${i}`, note: `some words about ${i}` })),
    )
      .trimEnd()
      .split('\n');
    const messy = lines.map((line, i) =>
      i % 20 === 3 ? `${line},1` : i % 25 === 4 ? line.replace(/,(yes|no),/, ',,') : line,
    );
    const data = join(folder, 'messy.csv');
    writeFileSync(data, messy.join('\n'));
    const { events, outcome } = await finished(quickRequest({ data }));
    const { facts } = complete(outcome);
    expect(facts.data).toMatchObject({ rowsRead: 200, rowsUsed: 182 });
    expect(facts.data!.setAside).toEqual([
      { reason: 'more fields than the header', count: 10, record: expect.stringMatching(/^#\d+$/) },
      { reason: 'no value of the target', count: 8, record: expect.stringMatching(/^#\d+$/) },
    ]);
    expect(countsAddUp(facts)).toBe(true);
    expect(facts.data!.columns.map(({ name }) => name)).toEqual(lines[0]!.split(','));
    for (const column of facts.data!.columns) {
      expect(['input', 'target', 'set-aside']).toContain(column.role);
      if (column.role === 'set-aside') expect(column.reason).toMatch(/\w/);
    }
    const ended = events.filter(({ type }) => type === 'trial-end');
    expect(facts.trials.length).toBe(ended.length);
    expect(events.filter(({ type }) => type === 'trial-start').length).toBe(ended.length);
  });

  it('adds up where only a sample of the rows is kept', async () => {
    const data = join(folder, 'many.csv');
    writeFileSync(data, csvOf(sampleRows(3000)));
    const { facts } = complete(await outcomeOf(quickRequest({ data, maxRows: 500 })));
    expect(facts.data!.rowsRead).toBe(3000);
    expect(facts.data!.rowsUsed).toBeLessThan(700);
    expect(countsAddUp(facts)).toBe(true);
    expect(facts.data!.sampled?.from).toBe(3000);
  });

  it('tells what became of test rows that could not be judged', async () => {
    const data = join(folder, 'learn.csv');
    const testData = join(folder, 'test.csv');
    writeFileSync(data, csvOf(sampleRows(120)));
    const lines = csvOf(sampleRows(60)).trimEnd().split('\n');
    const broken = lines.map((line, i) =>
      i === 5
        ? `${line},1`
        : i % 20 === 7
          ? line.replace(/(yes|no)$/, '')
          : i === 9
            ? line.replace(/(yes|no)$/, 'perhaps')
            : line,
    );
    writeFileSync(testData, broken.join('\n'));
    const { facts } = complete(await outcomeOf(quickRequest({ data, testData })));
    const notes = facts.data!.steps.map(({ what, count }) => [what, count]);
    expect(notes).toContainEqual(['Rows of the test data that could not be read were set aside.', 1]);
    expect(notes).toContainEqual(['Rows of the test data without a value of the target were set aside.', 3]);
    expect(notes).toContainEqual([
      'Rows of the test data have a class that the rows to learn from lack; no score counts them.',
      1,
    ]);
    expect(facts.split!.vaultRows).toBe(56);
  });
});

describe('5: the result rejects on failure, the iterator throws the same error, and run-end comes once', () => {
  const failing: [string, () => [RunRequest, ConstructorParameters<typeof Trainer>[0]], string][] = [
    ['a request that is none', () => [undefined as never, {}], 'REQUEST_INVALID'],
    ['a seed that is none', () => [quickRequest({ seed: -1 }), {}], 'REQUEST_INVALID'],
    ['data that are none', () => [{ ...quickRequest(), data: 7 as never }, {}], 'REQUEST_INVALID'],
    ['no file', () => [quickRequest({ data: '/nowhere.csv' }), {}], 'DATA_NOT_FOUND'],
    ['an id that is taken', () => [quickRequest({ runId: 'taken' }), { store: taken() }], 'STORE_FAILED'],
    ['an id that is a path', () => [quickRequest({ runId: '../x' }), { store: fileStore(folder) }], 'REQUEST_INVALID'],
    ['records that throw', () => [quickRequest({ data: throwing() }), {}], 'DATA_NOT_READABLE'],
    [
      'an agent that names no stage',
      () => [
        quickRequest(),
        { agents: [{ name: 'a', profile: '', questions: [], consultations: [{ after: 'x', run: () => '' }] }] },
      ],
      'PLUGIN_INVALID',
    ],
    ['a learner that is none', () => [quickRequest(), { learners: [{} as never] }], 'PLUGIN_INVALID'],
  ];
  function* throwing(): Generator<{ x: number }> {
    yield { x: 1 };
    throw new Error('the cursor is closed');
  }
  let stores = 0;
  const taken = () => {
    const store = fileStore(join(folder, `taken-store-${++stores}`));
    return {
      ...store,
      create: async (id: string) => {
        await (await store.create(id)).append({ kind: 'resume', time: 0, answers: {} });
        return store.create(id);
      },
    };
  };

  it.each(failing)('%s', async (_what, make, code) => {
    const unhandled: unknown[] = [];
    const onUnhandled = (error: unknown) => void unhandled.push(error);
    process.on('unhandledRejection', onUnhandled);
    try {
      const [unwatched, itsOptions] = make();
      new Trainer(itsOptions).run(unwatched); // nobody waits for this one
      const [request, options] = make();
      const run = new Trainer(options).run(request);
      const events: RunEvent[] = [];
      let thrown: unknown;
      try {
        for await (const event of run) events.push(event);
      } catch (error) {
        thrown = error;
      }
      const rejected = await run.result.catch((error: unknown) => error);
      expect(TrainerError.isInstance(rejected)).toBe(true);
      expect(rejected).toMatchObject({ code });
      expect(thrown).toBe(rejected);
      expect(events.filter(({ type }) => type === 'run-end')).toHaveLength(1);
      expect(events.at(-1)).toMatchObject({ type: 'run-end', status: 'failed', error: { code } });
      await new Promise((resolve) => setImmediate(resolve));
      expect(unhandled).toEqual([]);
    } finally {
      process.off('unhandledRejection', onUnhandled);
    }
  });
});

describe('6: what was recorded is not paid again (kills are in e2e/kill-and-resume)', () => {
  it('makes no call of a language model twice after it was recorded', async () => {
    const store = fileStore(join(folder, 'paid'));
    const first = scriptedModel(
      Array.from(
        { length: 12 },
        () =>
          ({ prompt }: { readonly prompt: string }) =>
            prompt.includes('Further configurations')
              ? { configurations: [{ learner: 'linear', values: {} }] }
              : 'none',
      ),
    );
    const trainer = new Trainer({ store, llm: first });
    trainer.decide('task.next', () => pause('to be resumed'));
    const run = trainer.run({ ...quickRequest({ runId: 'paid' }) });
    expect((await run.result).status).toBe('paused');
    const paid = first.calls.length;
    expect(paid).toBeGreaterThan(0);
    const second = scriptedModel(Array.from({ length: 9 }, () => 'none'));
    const events: RunEvent[] = [];
    const again = new Trainer({ store, llm: second }).resume('paid');
    for await (const event of again) events.push(event);
    const { facts } = complete(await again.result);
    const asked = new Set(first.calls.map(({ prompt }) => prompt));
    expect(second.calls.filter(({ prompt }) => asked.has(prompt))).toEqual([]);
    expect(facts.decisions.find(({ question }) => question === 'model.configurations')?.by).toBe('llm');
  });
});

describe('7: a listener or a plug-in that throws, rejects or stalls can not break or corrupt a run', () => {
  it('gives the model of a run without them, whatever they do', async () => {
    const plain = complete(await outcomeOf(quickRequest()));
    const { outcome } = await finished(
      quickRequest(),
      { llm: scriptedModel([later(20, new Error('late')), null, 7]) },
      (trainer) => {
        for (const type of [
          'run-start',
          'stage-start',
          'stage-end',
          'message',
          'decision',
          'tool-call',
          'checkpoint',
          'run-end',
        ] as const) {
          trainer.on(type, () => {
            throw null;
          });
          trainer.on(type, () => Promise.reject(new Error('no')));
          trainer.on(type, () => new Promise(() => undefined));
          trainer.on(type, (event) => {
            for (const key of Object.keys(event)) Reflect.deleteProperty(event, key);
          });
        }
        trainer.decide('data.columns', ({ proposal, facts }) => {
          (proposal.use as string[]).length = 0;
          (facts as { columns: unknown[] }).columns.length = 0;
          return { action: 'accept' };
        });
      },
    );
    expect(complete(outcome).facts.hashes.model).toBe(plain.facts.hashes.model);
  });
});

describe('8: secrets appear nowhere, and cell values only in data blobs and where the model needs them', () => {
  const secret = 'sk-canary-key-88421';
  const rows = sampleRows(200).map(({ x, y, colour, label }, i) => ({
    x: i === 17 ? 98765.4321 : x + 0.0137,
    y,
    city: i % 50 === 7 ? `canary-rare-${i % 3}` : colour,
    email: `canary${i}@example.org`,
    note: `Canary text ${i} of many words that nobody else wrote`,
    key: `CANARY-${i * 7919}`,
    price: Math.round((x * 700 + y * 311 + 0.371) * 1000) / 1000,
    label,
  }));
  rows[40]!.price = 7_777_777.123;
  const lines = csvOf(rows).trimEnd().split('\n');
  lines.splice(30, 0, 'canary-ragged-1,canary-ragged-2');

  it.each(['label', 'price'])('with %s as the target', async (target) => {
    process.env.CANARY_API_KEY = secret;
    const data = join(folder, 'canary.csv');
    writeFileSync(data, lines.join('\n'));
    const store = join(folder, `canary-${target}`);
    const llm = scriptedModel(Array.from({ length: 20 }, () => 'nonsense'));
    const request = quickRequest({
      prompt: `Predict the ${target}`,
      data,
      runId: 'run',
      task: { ignore: [target === 'label' ? 'price' : 'label'] },
      answers: { 'model.candidates': { learners: ['linear', 'trees'] } },
    });
    const { events, outcome } = await finished(request, { store: fileStore(store), llm });
    const { facts, model, report } = complete(outcome);
    const file = join(folder, `canary-${target}.onnx`);
    await model.save(file);
    const places: Record<string, string> = {
      journal: readFileSync(join(store, 'run', 'journal.jsonl'), 'utf8'),
      events: JSON.stringify(events),
      facts: JSON.stringify(facts),
      card: JSON.stringify(cardJson(facts)) + cardMarkdown(facts),
      report: await report(),
      prompts: JSON.stringify(llm.calls),
      model: readFileSync(file, 'latin1'),
    };
    const values = [
      'canary-rare',
      'canary-ragged',
      '@example.org',
      'Canary text',
      'CANARY-',
      '98765.4',
      '7777777.1',
      secret,
    ];
    if (target === 'price') values.push(...rows.map(({ price }) => String(price)).filter((text) => text.length > 6));
    const leaks = Object.entries(places).flatMap(([place, text]) =>
      values.flatMap((value) => (text.includes(value) ? [`${place}: ${value}`] : [])),
    );
    expect(leaks).toEqual([]);
    // Frequent categories are what the model needs: they are there, and the card says so.
    expect(places.model).toContain('green');
    expect(facts.valuesHeld).toContainEqual({ column: 'city', what: '3 values, and counts of the commonest' });
    for (const place of ['journal', 'events', 'prompts'])
      expect([place, places[place]!.includes('green')]).toEqual([place, false]);
    // The report shows how the answer depends on a column, by values that at least 10 rows have, and says that it tells them.
    expect(places.report).toContain('green');
    expect(places.report).toContain('values that at least 10 rows have');
    expect(places.card).toContain('values that at least 10 rows have');
    delete process.env.CANARY_API_KEY;
  });

  it('tells nothing of the data in an error', async () => {
    const cases: [string, string][] = [
      ['json', '[{"a": "canary-1"}, {"a": canary-2}]'],
      ['ndjson', '{"a": "canary-1"}\ncanary-2 canary-3\ncanary-4\n'],
      ['csv', `a,b\n${'canary-1,2,3,4\n1,2\ncanary-2\n'.repeat(50)}`],
      ['parquet', 'PAR1canary-1'],
    ];
    for (const [extension, content] of cases) {
      const data = join(folder, `error.${extension}`);
      writeFileSync(data, content);
      const { error } = await finished(quickRequest({ data }));
      expect([extension, TrainerError.isInstance(error)]).toEqual([extension, true]);
      expect(JSON.stringify([(error as TrainerError).message, (error as TrainerError).details])).not.toContain(
        'canary',
      );
    }
  });
});

describe('9: what is not built is not there', () => {
  it('has no word of a stub in its sources', () => {
    const found = [...readSources().values()].flatMap(({ path, tree }) =>
      (
        tree
          .getFullText()
          .match(
            /\b(TODO|FIXME|XXX|HACK|[Nn]ot (yet )?implemented|[Cc]oming soon|[Uu]nimplemented|[Pp]laceholder)\b/g,
          ) ?? []
      ).map((word) => `${path}: ${word}`),
    );
    expect(found).toEqual([]);
  });

  it('uses everything that it exports in a test or an example', async () => {
    const exported = [
      ...Object.keys(await import('../src/index.ts')),
      ...Object.keys(await import('../src/testing/index.ts')),
    ];
    const texts = ['test', 'examples'].flatMap((root) =>
      readdirSync(join(import.meta.dirname, '..', root), { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
        .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8')),
    );
    const imported = new Set(
      texts.flatMap((text) =>
        [
          ...text.matchAll(
            /import (?:type )?\{([^}]*)\} from '(?:traineragent(?:\/testing)?|[./]*src\/[a-z/-]+\.ts)'/g,
          ),
        ].flatMap(([, names]) =>
          names!.split(',').map(
            (name) =>
              name
                .replace(/\btype\b/, '')
                .trim()
                .split(' as ')[0]!,
          ),
        ),
      ),
    );
    expect(exported.filter((name) => !imported.has(name))).toEqual([]);
  });
});

describe('10: what can not be served gets a verdict with a reason and the nearest thing that can', () => {
  it.each([
    ['Forecast x for the next 12 months', 'FORECASTING'],
    ['Cluster the customers into groups', 'CLUSTERING'],
    ['Find anomalies in the rows', 'ANOMALY_DETECTION'],
    ['Generate a text that describes each row', 'TEXT_GENERATION'],
    ['Predict x and y', 'SEVERAL_TARGETS'],
    ['Recommend products to each user', 'RECOMMENDATION'],
  ])('%s', async (prompt, code) => {
    const outcome = await outcomeOf(quickRequest({ prompt, answers: {} }));
    expect(outcome.status).toBe('declined');
    const { verdict } = outcome.facts;
    expect(verdict.kind).toBe('reject');
    expect(verdict.reasons[0]).toMatchObject({ code, message: expect.stringMatching(/What can be done: /) });
    expect(verdict.offer).toMatch(/^On offer: /);
  });

  it('serves what is asked beside it not, and says so', async () => {
    const { facts } = complete(await outcomeOf(quickRequest({ prompt: 'Predict the label and retrain every night' })));
    const reason = facts.verdict.reasons.find((found) => found.code === 'UNSUPPORTED_WISH');
    expect(reason?.message).toMatch(/It is not done\./);
  });

  it('says by a typed error which columns there are, where one is named that is not', async () => {
    const failure = await failureOf(quickRequest({ task: { target: 'height' } })).catch(() => undefined);
    if (failure !== undefined) expect(failure).toMatchObject({ code: 'COLUMN_UNKNOWN' });
    else {
      const outcome = await outcomeOf(quickRequest({ task: { target: 'height' } }));
      expect(outcome.facts.verdict.reasons[0]?.code).toBe('TARGET_NOT_FOUND');
    }
  });
});
