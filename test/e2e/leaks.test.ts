import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { builtInQuestions } from '../../src/agents/questions.ts';
import type { AnyQuestion } from '../../src/core/question.ts';
import type { LanguageModel, ModelRequest, Privacy, TrainerMode } from '../../src/index.ts';
import { adversarialModel } from '../../src/testing/index.ts';
import { complete, finished } from './sample.ts';

/** Words that are in cells, names of files and keys, and in nothing that may leave. */
const secrets = {
  path: 'SECRETFOLDER',
  file: 'SECRETFILE',
  key: 'sk-ENVSECRET0123456789',
} as const;
const rowCount = 300;
/** In each change each level once; all modes in the long form. */
const long = process.env.TRAINERAGENT_LONG === '1';
const questions = Object.values(builtInQuestions).flat() as AnyQuestion[];
const usual = questions.map(({ language }) => language);
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), `${secrets.path}-`));
  vi.stubEnv('OPENAI_API_KEY', secrets.key);
  vi.stubEnv('ANTHROPIC_API_KEY', secrets.key);
  for (const question of questions) Object.assign(question, { language: 'always' });
});
afterAll(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
  for (const [i, question] of questions.entries()) Object.assign(question, { language: usual[i] });
});

/** A value that at least ten rows have is a statistic; nine rows are nine people. */
const group = (i: number) => (i < 9 ? 'FEWSEENGROUP' : i < 60 ? 'manyseen' : i % 2 === 0 ? 'evens' : 'odds');
/** Far from all others, so that an extreme would be known again even if rounded. */
const wealth = (i: number) => (i === 17 ? 876_543.21 : i === 18 ? -765_432.1 : 100 + ((i * 37) % 101));

/** Rows whose cells are known again wherever they turn up. */
function dataFile(): string {
  const rows = Array.from({ length: rowCount }, (_, i) => {
    const x = ((i * 37) % 101) / 10;
    const y = ((i * 53) % 97) / 7;
    const outcome = x + y + ((i % 7) - 3) / 4 > 12 ? 'POSLABEL' : 'NEGLABEL';
    return {
      name: `UNIQUECELL ${i} of a person`,
      serial: 9_123_456_789 + i * 7919,
      seen: new Date(Date.UTC(1987, 5, 4, 3) + i * 7_777_777).toISOString(),
      group: group(i),
      wealth: wealth(i),
      exact: (x + 0.123456789).toFixed(9),
      y: y.toFixed(4),
      // All but gives the outcome away, so that columns that leak are asked about.
      later: i % 40 === 0 ? 'LATERODD' : `LATER${outcome}`,
      outcome,
    };
  });
  const path = join(folder, `${secrets.file}.csv`);
  const columns = Object.keys(rows[0]!);
  writeFileSync(
    path,
    `${[columns, ...rows.map((row) => Object.values(row))].map((cells) => cells.join(',')).join('\n')}\n`,
  );
  return path;
}

type Form = Readonly<Record<string, unknown>>;
const formsOf = ({ schema }: ModelRequest) => (schema.anyOf ?? []) as readonly Form[];
const toolOf = (form: Form) => (form.properties as { tool?: { const?: string } } | undefined)?.tool?.const;
const namesIn = (form: unknown): readonly string[] =>
  [...JSON.stringify(form).matchAll(/"enum":\[([^\]]*)\]/g)].flatMap(([, list]) => JSON.parse(`[${list}]`) as string[]);

/** A model that tries to learn more than it may: looks at all columns, asks tools for what they do not offer, answers wrongly. */
function prying(seed: number) {
  const sent: { readonly question: string; readonly text: string }[] = [];
  const asked = new Map<string, number>();
  const random = adversarialModel(seed);
  let next = 0;
  const wrongs: readonly ((names: readonly string[]) => string)[] = [
    () => '{"tool":"column","input":{"column":"name","limit":100,"path":"/etc/passwd"}}',
    () => '{"tool":"cells","input":{"column":"name"}}',
    () => '{"tool":"trials","input":{"best":1000000}}',
    () => '{"tool":"columns","input":{"from":-1}}',
    (names) => JSON.stringify(Object.fromEntries(names.map((name) => [name, null]))),
    () => '{"target":"no such column","use":["nobody"],"leave":[5],"rows":1e15,"learners":"all","metric":"cells"}',
    () => 'null',
    () => '{"configurations":[{"learner":"linear","values":{"l2":-5,"path":"x"}}],"steps":[{"step":"shell"}]}',
  ];
  const llm: LanguageModel = {
    name: 'prying',
    capabilities: { structuredOutput: 'none' },
    async generate(request) {
      const { signal: _, ...shown } = request;
      const question = /Question: (.*)/.exec(request.prompt)?.[1] ?? '';
      sent.push({ question, text: JSON.stringify(shown) });
      const count = (asked.get(question) ?? 0) + 1;
      asked.set(question, count);
      const forms = formsOf(request).filter((form) => toolOf(form) !== undefined);
      const names = namesIn(forms);
      // Looks while it may, each time at another column; then is wrong, each time in another way; then answers at random.
      if (forms.length > 0 && count % 2 === 1) {
        const form = forms[next % forms.length]!;
        const tool = toolOf(form)!;
        const input =
          tool === 'column' ? { column: names[next % names.length] } : tool === 'trials' ? { best: 10 } : { from: 0 };
        next++;
        return { text: JSON.stringify({ tool, input }) };
      }
      if (count % 5 !== 0) return { text: wrongs[next++ % wrongs.length]!(names) };
      return random.generate(request);
    },
  };
  return { llm, sent };
}

/** What no level shows. */
const never = [/SECRETFOLDER/, /SECRETFILE/, /ENVSECRET/, /912[1-9]\d{6}/, /876543|877000|8\.77e|765432|-765000/];
const cells = [/UNIQUECELL/, /FEWSEEN/, /\.123456789/, /1987-/, /LATERODD/];
const hidden: Readonly<Record<Privacy, readonly RegExp[]>> = {
  'schema-only': [...never, ...cells, /manyseen|evens|odds/, /POSLABEL|NEGLABEL/],
  // Values that ten rows have are statistics, the classes of the target among them.
  aggregates: [...never, ...cells],
  samples: never,
};

describe('a language model that pries', () => {
  it.each<readonly [Privacy, TrainerMode]>(
    (
      [
        ['schema-only', 'agents'],
        ['schema-only', 'single'],
        ['aggregates', 'agents'],
        ['aggregates', 'single'],
        ['samples', 'agents'],
        ['samples', 'single'],
      ] as const
    ).filter(([level, mode]) => long || (mode === 'single') === (level === 'aggregates')),
  )('learns no more than %s shows (%s)', async (privacy, mode) => {
    const { llm, sent } = prying(hidden[privacy].length);
    const { outcome, events } = await finished(
      { prompt: 'Predict it.', data: dataFile(), budget: { workUnits: 20 } },
      { llm, privacy, mode, llmBudget: { maxCalls: 300 } },
    );
    expect(['complete', 'declined']).toContain(outcome?.status);
    expect(sent.length).toBeGreaterThan(20);
    const looked = events.flatMap((event) =>
      event.type === 'tool-call' && event.phase === 'end' && event.question !== undefined ? [event.tool] : [],
    );
    expect(looked.length).toBeGreaterThan(2);
    for (const { question, text } of sent)
      for (const secret of hidden[privacy]) expect(text, question).not.toMatch(secret);
    if (outcome?.status === 'complete') await complete(outcome).model[Symbol.asyncDispose]();
  });

  it('is asked every question', async () => {
    const { llm, sent } = prying(1);
    await finished(
      {
        prompt: 'Predict it.',
        data: dataFile(),
        budget: { workUnits: 20 },
        forms: ['float16', 'int8', 'javascript'],
        answers: { 'task.target': { target: 'outcome' } },
      },
      { llm, llmBudget: { maxCalls: 300 } },
    );
    const told = new Set(sent.map(({ question }) => question));
    const missed = questions.filter(({ about, prompt }) => !told.has(prompt?.about ?? about)).map(({ id }) => id);
    // The target was given, and drift is considered outside of runs: its facts are rates and names of columns, by the same levels.
    expect(missed).toEqual(['task.target', 'task.drift']);
  });
});
