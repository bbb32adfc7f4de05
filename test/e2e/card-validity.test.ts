import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runFolder } from '../../src/core/file-store.ts';
import { createRandom } from '../../src/core/helpers/random.ts';
import { readJournal } from '../../src/core/run-folder.ts';
import { type RunRequest, Trainer } from '../../src/index.ts';
import {
  formatBytes,
  formatInterval,
  formatMilliseconds,
  formatNumber,
  formatSetting,
  formatShare,
} from '../../src/tools/report/wording.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'traineragent-card-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** People, with a yes and a number that follow from them, and a group for which they follow less. */
function people(count: number): Record<string, unknown>[] {
  const random = createRandom('people');
  return Array.from({ length: count }, (_, i) => {
    const age = 18 + Math.floor(random.next() * 60);
    const spend = Math.round(random.next() * 20_000) / 100;
    const plan = ['basic', 'plus', 'pro'][Math.floor(random.next() * 3)]!;
    const sex = i % 2 === 0 ? 'f' : 'm';
    const noise = (plan === 'pro' ? 4 : 0.6) * random.normal();
    const score = (age - 48) / 12 - (spend - 100) / 60 + noise;
    return {
      age,
      spend: i % 17 === 0 ? null : spend,
      plan,
      sex,
      cost: 100 + 20 * score,
      churned: score > 0 ? 'yes' : 'no',
    };
  });
}

const cases: [string, RunRequest][] = [
  [
    'two classes, a target that is missed, fairness',
    {
      prompt: 'Predict churned with a ROC AUC of at least 0.99, fair to each sex.',
      data: people(600),
      task: { ignore: ['cost'] },
    },
  ],
  ['a number', { prompt: 'Predict the cost.', data: people(400), task: { ignore: ['churned'] } }],
  ['classes without a vault', { prompt: 'Predict churned.', data: people(90), task: { ignore: ['cost'] } }],
];

describe.each(cases)('the card of a run: %s', (name, request) => {
  let card = '';
  let bodies: readonly unknown[] = [];
  beforeAll(async () => {
    const store = join(folder, name.replaceAll(/\W/g, '-'));
    const outcome = await new Trainer({ store: runFolder(store) }).run({
      ...request,
      budget: { workUnits: 400 },
      answers: { 'model.candidates': { learners: ['linear'] } },
    }).result;
    if (outcome.status !== 'complete')
      throw new Error(`Expected a model, got ${JSON.stringify(outcome.facts.verdict)}`);
    card = (await outcome.card()).markdown;
    bodies = readJournal(await readFile(join(store, 'journal.jsonl'))).records.map(({ body }) => body);
  });

  it('has each of its numbers in the record that it cites', () => {
    const wrong: string[] = [];
    let checked = 0;
    const text = card.slice(0, card.indexOf('## Origin'));
    for (const line of text.split('\n')) {
      const cited = [...line.matchAll(/\[\^(\d+)\]/g)].map((match) => bodies[Number(match[1]) - 1]);
      for (const number of numbersOf(line)) {
        checked++;
        if (!cited.some((body) => isIn(number, body))) wrong.push(`${number} in: ${line}`);
      }
    }
    expect(wrong).toEqual([]);
    expect(checked).toBeGreaterThan(25);
  });

  it('cites in every section that tells of something measured, and explains each citation', () => {
    const sections = card.split(/^## /m).slice(1);
    for (const section of sections) {
      const title = section.slice(0, section.indexOf('\n'));
      if (title !== 'Origin') expect(section, title).toMatch(/\[\^\d+\]/);
    }
    for (const [, number] of card.matchAll(/\[\^(\d+)\](?!:)/g))
      expect(card).toMatch(new RegExp(`^\\[\\^${number}\\]: Record ${number} of the journal, .+\\.$`, 'm'));
  });

  it('has an altered number found by the same look', () => {
    const line = card.split('\n').find((candidate) => candidate.includes('rows were learned from'))!;
    const cited = bodies[Number(/\[\^(\d+)\]/.exec(line)![1]) - 1];
    expect(isIn('12,345', cited)).toBe(false);
  });
});

/** Numbers as they stand in a line: without names of columns, quoted words, citations and what is a method's name. */
function numbersOf(line: string): string[] {
  const plain = line
    .replaceAll(/\[\^\d+\]/g, ' ')
    .replaceAll(/`[^`]*`/g, ' ')
    .replaceAll(/[“"][^”"]*[”"]/g, ' ')
    .replaceAll(
      /(?:simultaneous )?95 % interval|the 1 % and 99 % quantiles|99 of 100|at least 10 rows have|R²|F1/g,
      ' ',
    )
    .replaceAll(/^> .*$/g, ' ');
  return [...plain.matchAll(/(?<![\w.])[-−+]?\d+(?:,\d{3})*(?:\.\d+)?(?:e-?\d+)?(?: (?:%|kB|MB|B|ms|µs)(?!\w))?/g)].map(
    (match) => match[0].replace(/^\+/, ''),
  );
}

/** Whether some leaf of a record, or the length of a list in it, is written like this. */
function isIn(number: string, value: unknown): boolean {
  if (typeof value === 'number')
    return spellings(value).has(number.replaceAll('−', '-')) || spellings(-value).has(number);
  if (typeof value === 'string') return value.includes(number);
  if (Array.isArray(value)) return String(value.length) === number || value.some((part) => isIn(number, part));
  if (typeof value === 'object' && value !== null) return Object.values(value).some((part) => isIn(number, part));
  return false;
}

function spellings(value: number): Set<string> {
  const forms = [formatNumber, formatShare, formatBytes, formatMilliseconds, formatSetting].map((form) => form(value));
  for (const digits of [2, 3, 4]) forms.push(value.toPrecision(digits), String(Number(value.toPrecision(digits))));
  // Ends of an interval have as many decimals as each other.
  for (let digits = 1; digits <= 5; digits++) forms.push(value.toFixed(digits));
  forms.push(`${Number((100 * value).toPrecision(3))} %`, ...formatInterval(value, value).split(' – '), String(value));
  return new Set(forms);
}
