import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import axe from 'axe-core';
import { type Browser, chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRandom } from '../../src/core/helpers/random.ts';
import { pause, type RunRequest, Trainer } from '../../src/index.ts';

let folder = '';
let browser: Browser;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'traineragent-interop-'));
  browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu'],
  });
});
afterAll(async () => {
  await browser?.close();
  await rm(folder, { recursive: true, force: true });
});

const random = createRandom('page');
const rows = Array.from({ length: 400 }, (_, i) => {
  const age = 18 + Math.floor(random.next() * 60);
  const spend = random.next() * 200;
  const score = age / 12 - spend / 40 + random.normal();
  return {
    age,
    spend: i % 19 === 0 ? null : spend,
    joined: new Date(1.6e12 + i * 8.64e7).toISOString(),
    'a column with a rather long name that nobody reads to its end': ['basic', 'plus', 'pro'][i % 3],
    sex: i % 2 === 0 ? 'f' : 'm',
    cost: 100 + 20 * score,
    tier: score > 2 ? 'gold' : score > 0 ? 'silver' : 'bronze',
    churned: score > 1 ? 'yes' : 'no',
  };
});

const thirty = Array.from({ length: 1500 }, (_, i) => {
  const k = i % 30;
  return {
    x: (k % 6) + 0.6 * random.normal(),
    y: Math.floor(k / 6) + 0.6 * random.normal(),
    label: `class ${k} of many`,
  };
});
const long = 'a_column_with_a_very_long_name_that_nobody_reads_to_its_end_and_without_a_single_space_in_it_';
const longNames = rows.map((row) => ({
  [`${long}one`]: row.age,
  [`${long}two with spaces, and then more words so that it goes on`]: row.spend,
  [`${long}three`]: row.sex,
  target: row.churned === 'yes' ? `${long}positive` : 'no',
}));
const otherScripts = rows.map((row) => ({
  年齢: row.age,
  προϊόν: row.tier,
  потрачено: row.spend,
  العمر: row.cost,
  עיר: row.sex,
  लक्ष्य: row.churned === 'yes' ? 'हाँ' : 'नहीं',
}));

const cases: [string, RunRequest][] = [
  [
    'two classes',
    { prompt: 'Predict churned, fair to each sex, ROC AUC of at least 0.99.', task: { ignore: ['cost', 'tier'] } },
  ],
  ['classes', { prompt: 'Predict the tier.', task: { ignore: ['cost', 'churned'] } }],
  ['a number', { prompt: 'Predict the cost.', task: { ignore: ['tier', 'churned'] } }],
  ['a declined run', { prompt: 'Cluster the rows into groups.' }],
  [
    'a counter-offer',
    { prompt: 'Predict churned, accuracy of at least 0.999, at most 3 kB.', task: { ignore: ['cost', 'tier'] } },
  ],
  ['a paused run', { prompt: 'Predict churned.', answers: {} }],
  ['thirty classes', { prompt: 'Predict the label.', data: thirty }],
  ['long names', { prompt: 'Predict the target.', data: longNames }],
  ['names in other scripts', { prompt: 'Predict लक्ष्य', data: otherScripts }],
];
const statusOf: Readonly<Record<string, string>> = { 'a declined run': 'declined', 'a paused run': 'paused' };

/** Each width and each theme; every pair of them in the long tests. */
const windows = (
  [
    ['a phone', 360, 'light'],
    ['a phone at night', 360, 'dark'],
    ['a desk', 1280, 'light'],
    ['a desk at night', 1280, 'dark'],
  ] as const
).filter((_, i) => process.env.TRAINERAGENT_LONG === '1' || i === 1 || i === 2);

describe.each(cases)('the report of %s', (name, request) => {
  let url = '';
  beforeAll(async () => {
    const trainer = new Trainer();
    if (name === 'a paused run') trainer.decide('task.plan', () => pause('A person looks at the plan first.'));
    const outcome = await trainer.run({
      data: rows,
      budget: { workUnits: 400 },
      answers: { 'model.candidates': { learners: ['linear'] } },
      ...request,
    }).result;
    expect(outcome.status).toBe(statusOf[name] ?? 'complete');
    const path = join(folder, `${name.replaceAll(' ', '-')}.html`);
    await writeFile(path, await outcome.report());
    url = pathToFileURL(path).href;
  });

  it.each(windows)(
    'is wide as the window, breaks no rule of axe, and asks for nothing, on %s',
    async (_on, width, colorScheme) => {
      const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme, bypassCSP: true });
      try {
        const asked: string[] = [];
        const complaints: string[] = [];
        page.on('request', (sent) => asked.push(sent.url()));
        page.on('console', (message) => complaints.push(message.text()));
        await page.goto(url);
        expect(asked).toEqual([url]);
        expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width);
        await page.evaluate(axe.source);
        const { violations } = await page.evaluate<{ violations: { id: string; nodes: { html: string }[] }[] }>(
          'axe.run()',
        );
        expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html.slice(0, 160)}`)).toEqual([]);
        expect(complaints).toEqual([]);
        // Every picture says what it shows.
        expect(await page.locator('svg:not([aria-label])').count()).toBe(0);
      } finally {
        await page.close();
      }
    },
  );

  it('keeps its own policy: nothing is complained of, and no script would run', async () => {
    const page = await browser.newPage();
    try {
      const complaints: string[] = [];
      page.on('console', (message) => complaints.push(message.text()));
      await page.goto(url);
      expect(complaints).toEqual([]);
      await page.evaluate(
        `document.body.append(Object.assign(document.createElement('script'), { textContent: 'window.ran = 1' }))`,
      );
      expect(await page.evaluate('window.ran')).toBeUndefined();
    } finally {
      await page.close();
    }
  });

  it('is printed on pages of paper, with no line beyond their edge', async () => {
    const page = await browser.newPage({ viewport: { width: 718, height: 1000 } }); // A4 less its margins
    try {
      await page.goto(url);
      await page.emulateMedia({ media: 'print' });
      const pdf = await page.pdf({ format: 'A4', margin: { top: '1cm', right: '1cm', bottom: '1cm', left: '1cm' } });
      expect(pdf.subarray(0, 5).toString()).toBe('%PDF-');
      const widest = await page.evaluate(
        `Math.max(...[...document.querySelectorAll('p, h1, h2, h3, li, td, th, dd, figcaption, svg')].map((e) => e.getBoundingClientRect().right))`,
      );
      expect(widest).toBeLessThan(name === 'long names' ? 1500 : 719);
    } finally {
      await page.close();
    }
  });

  it('opens what is folded where it is printed, in dark ink', async () => {
    const page = await browser.newPage({ colorScheme: 'dark' });
    try {
      await page.goto(url);
      await page.emulateMedia({ media: 'print' });
      expect(await page.evaluate('getComputedStyle(document.body).color')).toBe('rgb(0, 0, 0)');
      for (const detail of await page.locator('details').all())
        expect((await detail.boundingBox())!.height).toBeGreaterThan(60);
    } finally {
      await page.close();
    }
  });
});
