import { beforeAll, describe, expect, it } from 'vitest';
import type { RunFacts } from '../../../src/tools/report/report-facts.ts';
import { reportHtml } from '../../../src/tools/report/report-html.ts';
import { penguinFacts, penguinTask } from './facts.ts';

const hostile = '<script>alert(1)</script>"\'&\u202e\u0007';

/** Every text that a user or a file can set is hostile. */
const hostileFacts: RunFacts = {
  ...penguinFacts,
  runId: hostile,
  request: { prompt: hostile, dataName: hostile, budget: hostile, seed: hostile },
  answer: [hostile],
  task: {
    ...penguinTask,
    target: { value: hostile, source: 'prompt', quote: hostile },
    inputs: { value: [hostile], source: 'data' },
    unsupported: [{ code: hostile, quote: hostile }],
  },
  verdict: { kind: 'reject', reasons: [{ code: hostile, message: hostile }], offer: hostile },
  questions: [{ question: hostile, about: hostile, default: hostile, changes: hostile }],
  data: {
    ...penguinFacts.data!,
    setAside: [{ reason: hostile, count: 1 }],
    columns: [{ name: hostile, kind: hostile, role: 'set-aside', missing: 0, reason: hostile }],
    steps: [{ what: hostile }],
    target: {
      kind: 'classes',
      counts: [
        { label: hostile, count: 1 },
        { label: hostile, count: 2 },
      ],
    },
  },
  checks: [{ id: hostile, outcome: 'failed', message: hostile }],
  baseline: { ...penguinFacts.baseline!, learner: hostile, about: hostile },
  trials: penguinFacts.trials.map((trial) => ({
    ...trial,
    learner: hostile,
    configuration: { [hostile]: hostile },
    failure: hostile,
  })),
  winner: { ...penguinFacts.winner!, calibration: { method: hostile, note: hostile }, decisionRule: hostile },
  curves: [
    {
      kind: 'confusion',
      labels: [hostile, hostile],
      counts: [
        [1, 2],
        [3, 4],
      ],
    },
    {
      kind: 'roc',
      lines: [
        {
          label: hostile,
          points: [
            [0, 0],
            [1, 1],
          ],
        },
        {
          label: 'b',
          points: [
            [0, 0],
            [1, 1],
          ],
        },
      ],
    },
    { kind: 'residuals', points: [[1, 2]], unit: hostile },
  ],
  importances: [{ column: hostile, share: 1 }],
  explanation: {
    importance: {
      metric: 'accuracy',
      on: 'vault',
      rows: 1,
      of: 1,
      shuffles: 1,
      columns: [{ column: hostile, drop: 1, low: 0, high: 2 }],
    },
    dependence: {
      rows: 1,
      classes: [hostile, hostile],
      columns: [
        {
          column: hostile,
          kind: 'category',
          points: [
            { at: hostile, means: [0, 1], rows: 1 },
            { at: 'b', means: [1, 0], rows: 1 },
          ],
        },
      ],
    },
    errors: {
      judged: 1,
      wrong: 1,
      loss: 1,
      classes: [hostile],
      slices: {
        lookedAt: 1,
        rows: 1,
        found: [
          {
            where: [{ column: hostile, kind: 'value', value: hostile }],
            rows: 1,
            loss: 1,
            low: 0,
            high: 1,
            elsewhere: 0,
          },
        ],
      },
      worst: [{ row: 1, loss: 1, truth: 0, predicted: 0, probability: 1 }],
      values: [{ [hostile]: hostile }],
    },
    groups: [
      {
        column: hostile,
        metric: 'accuracy',
        otherRows: 0,
        groups: [
          { where: { column: hostile, kind: 'value', value: hostile }, rows: 1, value: 1, low: 0, high: 1 },
          { where: { column: hostile, kind: 'missing' }, rows: 1, value: 1, low: 0, high: 1 },
        ],
      },
    ],
    learningCurve: {
      learner: hostile,
      metric: 'accuracy',
      folds: 5,
      points: [
        { rows: 1, score: 1 },
        { rows: 2, score: 2 },
      ],
      gain: { gain: 1, low: 0, high: 1, significant: true },
      workUnits: 1,
    },
  },
  decisions: [{ question: hostile, by: 'llm', answer: hostile, why: hostile }],
  valuesHeld: [{ column: hostile, what: hostile }],
  messages: [{ from: hostile, to: hostile, stage: hostile, summary: hostile }],
  notDone: [{ what: hostile, why: hostile }],
  environment: { [hostile]: hostile },
  hashes: { [hostile]: hostile },
};

describe('reportHtml', () => {
  let page = '';
  let hostilePage = '';
  beforeAll(async () => {
    page = await reportHtml(penguinFacts);
    hostilePage = await reportHtml(hostileFacts);
  });

  it.each([
    'The request as understood',
    'Verdict',
    'Data',
    'Checks',
    'Winner against baseline',
    'Curves',
    'What it depends on',
    'Where it errs',
    'Scores by group',
    'Would more rows help?',
    'Trials',
    'Resources',
    'Decisions',
    'Between the agents',
    'Values of the data in the file',
    'What was not done',
  ])('has a section "%s"', (heading) => {
    expect(page).toMatch(new RegExp(`<h2 id="[a-z-]+-title">${heading.replace('?', '\\?')}</h2>`));
  });

  it('shows as a list what the answer says line by line', async () => {
    const html = await reportHtml({ ...penguinFacts, answer: ['All of it:', '- one', '- two', 'The end.'] });
    expect(html.replaceAll('\n', '')).toContain(
      '<p class="lead">All of it:</p><ul class="lead"><li>one</li><li>two</li></ul><p class="lead">The end.</p>',
    );
  });

  it('says where each field of the request came from, with the words', () => {
    expect(page).toMatch(
      /left out<\/th><td class="wide">year<\/td><td>the prompt<\/td><td class="wide">“without the year”/,
    );
    expect(page).toMatch(/task<\/th><td class="wide">classification, several classes<\/td><td>the data/);
  });

  it('shows the score with its interval, the baseline and the target', () => {
    expect(page).toContain('0.952 – 1.000');
    expect(page).toMatch(
      /balanced accuracy<\/th><td class="n">0\.985<\/td><td class="n">0\.952 – 1\.000<\/td><td class="n">0\.333<\/td><td class="n">≥ 0\.95<\/td><td>yes \(probability 97 %\)/,
    );
  });

  it('counts every row that was read', () => {
    expect(page).toContain('345 rows were read as CSV; 344 were used. Set aside: 1 (more cells than columns).');
  });

  it('shows every trial, also those that failed', () => {
    for (const trial of penguinFacts.trials) expect(page).toContain(`<td class="n">${trial.index}</td>`);
    expect(page).toContain('did not converge');
  });

  it('draws its charts as SVG in the colours of the page, without a script, a style attribute or an address', () => {
    expect(page.match(/<svg /g)?.length).toBeGreaterThanOrEqual(7);
    expect(page).toContain('fill="var(--accent)"');
    expect(page).not.toMatch(/<script| style="| src=| on[a-z]+="|url\(|@import/i);
    expect(page.replaceAll('http://www.w3.org/2000/svg', '')).not.toMatch(/https?:/);
  });

  it('forbids everything but its own style sheet', () => {
    expect(page).toMatch(
      /<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'sha256-[A-Za-z0-9+/]{43}='; base-uri 'none'; form-action 'none'">/,
    );
  });

  it('escapes hostile text wherever it stands', () => {
    expect(hostilePage).not.toContain('<script');
    expect(hostilePage).not.toMatch(/[\u202e\u0007]/);
    expect(hostilePage.match(/&lt;script&gt;/g)?.length).toBeGreaterThan(40);
    expect(hostilePage).not.toMatch(/"'&(?!amp;|lt;|gt;|quot;|#39;)/);
  });

  it('is made for a run that was declined before anything was measured', async () => {
    const declined = await reportHtml({
      formatVersion: 1,
      runId: 'r',
      status: 'declined',
      request: { prompt: 'Write me a poem' },
      verdict: {
        kind: 'reject',
        reasons: [{ code: 'NOT_A_LEARNING_TASK', message: 'This is not something to learn from a table.' }],
      },
      checks: [],
      trials: [],
      scores: [],
      curves: [],
      importances: [],
      decisions: [],
      messages: [],
      notDone: [],
      environment: {},
      hashes: {},
      deterministic: true,
    });
    expect(declined).toContain('Declined');
    expect(declined).toContain('This is not something to learn from a table.');
    expect(declined).not.toContain('<h2>Trials</h2>');
  });

  it('calls a run that waits for somebody by its name, whatever its verdict would be', async () => {
    const page = await reportHtml({ ...penguinFacts, status: 'paused' });
    expect(page).toContain('>Waiting for an answer<');
    expect(page).not.toContain('>Accepted');
  });

  it('counts rows as used only where they were divided', async () => {
    const { split: _, ...declined } = penguinFacts;
    expect(await reportHtml(declined)).not.toContain('were used');
    expect(page).toContain('were used');
  });

  it('lists the pairs that are confused most, where there are too many classes for a matrix', async () => {
    const labels = Array.from({ length: 30 }, (_, k) => `kind ${k}`);
    const counts = labels.map((_, truth) =>
      labels.map((_, predicted) => (truth === predicted ? 9 : predicted === truth + 1 ? truth : 0)),
    );
    const line = { label: 'kind 0', points: [[0, 0] as const, [1, 1] as const] };
    const page = await reportHtml({
      ...penguinFacts,
      curves: [
        { kind: 'roc', lines: labels.map((label) => ({ ...line, label })) },
        { kind: 'confusion', labels, counts },
      ],
    });
    expect(page).toContain('No picture of ROC: there are more classes than colours can tell apart');
    // 28 of 37 rows of the last but one were taken for the last.
    expect(page).toMatch(/<h3>Most often confused<\/h3>.*?kind 28<.*?kind 29<.*?28<.*?75[.\d]* %</s);
    expect(page).toContain('270 of 406 wrong rows; of 30 classes the matrix would be too large to read.');
    const right = labels.map((_, truth) => labels.map((_, predicted) => (truth === predicted ? 9 : 0)));
    expect(await reportHtml({ ...penguinFacts, curves: [{ kind: 'confusion', labels, counts: right }] })).toContain(
      'None of the 30 classes was taken for another.',
    );
  });

  it('gives the same page for the same facts', async () => {
    expect(await reportHtml(penguinFacts)).toBe(page);
  });
});
