import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { builtInQuestions } from '../../src/agents/questions.ts';
import { canonicalJson } from '../../src/core/helpers/canonical-json.ts';
import type { AnyQuestion } from '../../src/core/question.ts';
import { accept, type Run, type RunEvent, replace, Trainer, type TrainerOutcome } from '../../src/index.ts';
import { llamaCpp } from '../../src/llm/llama-cpp.ts';
import { smolLm2 } from './smollm2.ts';

const page = 'docs/experiments/smollm2.md';
const data = 'examples/data/penguins.csv';
const asRun = { prompt: 'Predict the species of a penguin.' } as const;
const asAll = { prompt: 'Predict it.', privacy: 'aggregates' } as const;
const llm = llamaCpp({ file: smolLm2, threads: 1, maxOutputTokens: 400 });
afterAll(() => llm[Symbol.asyncDispose]());

/** The whole takes two minutes: else each agent is asked, some questions alone. */
const isWhole = process.env.TRAINERAGENT_LONG === '1' || process.env.TRAINERAGENT_RECORD === '1';
const sampled = ['task.target', 'data.columns', 'model.ensemble', 'model.calibration', 'server.deployment'];

/** What became of the answers to one question. */
interface Row {
  readonly question: string;
  asked: number;
  held: number;
  repaired: number;
  byRule: number;
  likeRule: number;
  calls: number;
  inputTokens: number;
  cachedTokens: number;
  outputTokens: number;
}

class Table {
  readonly rows = new Map<string, Row>();

  of(question: string): Row {
    const zero = { asked: 0, held: 0, repaired: 0, byRule: 0, likeRule: 0 };
    const row = this.rows.get(question) ?? {
      question,
      ...zero,
      ...{ calls: 0, inputTokens: 0, cachedTokens: 0, outputTokens: 0 },
    };
    this.rows.set(question, row);
    return row;
  }

  call({ question, usage }: RunEvent<'model-call'>): void {
    const row = this.of(question);
    row.calls++;
    row.inputTokens += usage?.inputTokens ?? 0;
    row.cachedTokens += usage?.cachedInputTokens ?? 0;
    row.outputTokens += usage?.outputTokens ?? 0;
  }

  /** @param why of the decision: a repaired answer says after how many */
  answer(question: string, why: string | undefined, isLikeRule: boolean): void {
    const row = this.of(question);
    row.asked++;
    if (why === undefined) row.byRule++;
    else if (/ after \d+ repairs/.test(why)) row.repaired++;
    else row.held++;
    if (why !== undefined && isLikeRule) row.likeRule++;
  }
}

/** Answers of the rules, as they were last asked; so that what a model said can be held beside them. */
const ruled = new Map<string, unknown>();
const questions = Object.values(builtInQuestions).flat() as AnyQuestion[];
for (const question of questions) {
  const { rule } = question;
  Object.assign(question, {
    rule(subject: unknown) {
      const answer = rule.call(question, subject);
      ruled.set(question.id, answer.answer);
      return answer;
    },
  });
}
const isLikeRule = (question: string, answer: unknown) =>
  canonicalJson(answer) === canonicalJson(ruled.get(question) as never);

/** Seconds that this process computes: the clock also runs while others do. */
async function timed<Result>(work: () => Promise<Result>) {
  const before = process.cpuUsage();
  const result = await work();
  const { user, system } = process.cpuUsage(before);
  return { result, cpuSeconds: (user + system) / 1e6 };
}

async function watch(run: Run<TrainerOutcome>, table: Table) {
  const decisions: RunEvent<'decision'>[] = [];
  for await (const event of run) {
    if (event.type === 'model-call' && event.phase !== 'request') table.call(event);
    if (event.type === 'decision') decisions.push(event);
  }
  return { outcome: await run.result, decisions };
}

describe('a language model of 135 million parameters', () => {
  it('decides, and the job is done no worse than by rules', async () => {
    const request = { ...asRun, data, seed: 1 };
    const table = new Table();
    const { result, cpuSeconds } = await timed(() => watch(new Trainer({ llm }).run(request), table));
    const { outcome, decisions } = result;
    expect(outcome.status).toBe('complete');
    // What this process computed: the clock depends on who else is at work. The training process is below.
    expect(cpuSeconds).toBeLessThan(70);
    for (const { question, answer, by, why, fallback } of decisions) {
      if (by === 'llm') table.answer(question, why, isLikeRule(question, answer));
      else if (fallback !== undefined) table.answer(question, undefined, true);
      expect(['llm', 'rule']).toContain(by);
    }
    expect(table.rows.size).toBeGreaterThanOrEqual(3);
    holds(table);
    // The rules, by the metric that the model chose: on the same rows, its interval reaches theirs.
    const metric = decisions.find(({ question }) => question === 'task.metric');
    const answers = metric === undefined ? {} : { answers: { 'task.metric': metric.answer } };
    const byRules = await timed(() => new Trainer().run({ ...request, ...answers }).result);
    const [ruledScore] = byRules.result.facts.scores;
    const [score] = outcome.facts.scores;
    expect(score?.metric).toBe(ruledScore?.metric);
    expect(score?.high).toBeGreaterThanOrEqual(ruledScore?.low ?? Number.POSITIVE_INFINITY);
    const told = ({ value, low, high }: typeof score & object) =>
      `${value.toFixed(3)} (95 % interval ${low.toFixed(3)} to ${high.toFixed(3)})`;
    record('run', table, [
      `The host's process computed for ${cpuSeconds.toFixed(0)} s, nearly all of them for the model; by rules it computes for ${byRules.cpuSeconds.toFixed(0)} s. The rest is training, in its own process, and alike.`,
      `${score!.metric} on the test rows: ${told(score!)}; by rules ${told(ruledScore!)}.`,
    ]);
  }, 600_000);

  it(`answers ${isWhole ? 'every question' : 'some of the questions'}, and each answer is held, repaired or replaced`, async () => {
    const before = questions.map(({ language }) => language);
    for (const question of questions)
      Object.assign(question, { language: isWhole || sampled.includes(question.id) ? 'always' : 'unsure' });
    try {
      const table = new Table();
      const trainer = new Trainer({ llm, privacy: asAll.privacy, llmBudget: { maxCalls: 100 } });
      for (const { id } of builtIn())
        trainer.decide(id, ({ by, why, proposal }) => {
          table.answer(id, by === 'llm' ? why : undefined, isLikeRule(id, proposal));
          return by === 'llm' ? replace(ruled.get(id) as never) : accept();
        });
      const rows = readFileSync(data, 'utf8').trim().split('\n');
      const leaky = rows.map((row, i) =>
        // The species under another name, but for one row in forty.
        i === 0 ? `${row},later` : `${row},${i % 40 === 0 ? 'q' : `code ${row[0]}`}`,
      );
      const path = join(mkdtempSync(join(tmpdir(), 'smollm2-')), 'penguins.csv');
      writeFileSync(path, leaky.join('\n'));
      const run = trainer.run({
        prompt: asAll.prompt,
        data: path,
        seed: 1,
        budget: 'quick',
      });
      const { result, cpuSeconds } = await timed(() => watch(run, table));
      expect(result.outcome.status).toBe('complete');
      holds(table);
      const asked = [...table.rows.values()].filter((row) => row.calls > 0).map(({ question }) => question);
      expect(asked).toEqual(expect.arrayContaining(isWhole ? questions.map(({ id }) => id) : sampled));
      record('all', table, [`The host's process computed for ${cpuSeconds.toFixed(0)} s.`]);
    } finally {
      for (const [i, question] of questions.entries()) Object.assign(question, { language: before[i] });
    }
  }, 1_200_000);
});

function builtIn() {
  return Object.values(builtInQuestions).flat();
}

/** Every answer held, or was repaired, or was replaced by the rule's, in three calls and three looks at most. */
function holds(table: Table): void {
  for (const { question, asked, held, repaired, byRule, calls } of table.rows.values()) {
    expect(held + repaired + byRule, question).toBe(asked);
    expect(calls, question).toBeLessThanOrEqual(6 * asked);
  }
}

/** The page, with what was measured in its two places. */
const pageOf = (run: string, all: string) => `# A very small language model decides

What becomes of the answers when the language model is very small.

SmolLM2-135M-Instruct (135 million parameters, 98 MB as a GGUF file, Apache-2.0) answers in this process, on one thread, by [\`llamaCpp\`](../providers.md). So small a
model reasons little: what is shown here is that its answers do no harm, not that they help. \`TRAINERAGENT_RECORD=1 npm run test:interop -- smollm2\` writes this page.

*Held*: the first answer passed its checks. *Repaired*: a later one did, after it was shown what was wrong. *By rule*: none did, and the rule's answer was taken. *Like the rule*:
answers that held or were repaired and are the same as the rule's. *Kept*: input tokens that were computed before.

## As a run asks

\`${asRun.prompt}\` on \`${data}\`. Rules are sure of most answers; the model is asked where they are not, and where its proposals are tried beside the rules' own.

<!-- run -->

${run}

<!-- /run -->

## Where everything is asked

\`${asAll.prompt}\`, on the penguins' table with a column that nearly gives the species away, at the privacy level \`${asAll.privacy}\`. Each question is put to the model, whatever the rule knows; its answer is checked and counted, and the rule's is taken, so that
the next question is that of a usual run.

<!-- all -->

${all}

<!-- /all -->
`;

/** Writes the page anew, with one of its tables as it was measured here and the other as it was. */
function record(name: 'run' | 'all', table: Table, notes: readonly string[]): void {
  if (process.env.TRAINERAGENT_RECORD !== '1') return;
  const rows = [...table.rows.values()];
  const sum = { ...new Table().of('all') };
  for (const row of rows)
    for (const key of Object.keys(sum) as (keyof Row)[]) if (key !== 'question') sum[key] += row[key];
  const cells = ({ question, ...counts }: Row) => `| ${[`\`${question}\``, ...Object.values(counts)].join(' | ')} |`;
  const text = [
    '| question | asked | held | repaired | by rule | like the rule | calls | input tokens | kept | output tokens |',
    '| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |',
    ...rows.map(cells),
    cells(sum).replace('`all`', 'all'),
    '',
    `Of the input tokens, ${Math.round((100 * sum.cachedTokens) / sum.inputTokens)} % were computed before.`,
    ...notes,
  ].join('\n');
  const old = readFileSync(page, 'utf8');
  const before = (part: string) =>
    new RegExp(`<!-- ${part} -->\n\n([\\s\\S]*?)\n\n<!-- /${part} -->`).exec(old)?.[1] ?? 'Not measured yet.';
  writeFileSync(page, pageOf(name === 'run' ? text : before('run'), name === 'all' ? text : before('all')));
}
