import type { TaskSpec } from '../../../src/core/task-spec.ts';
import type { RunFacts } from '../../../src/tools/report/report-facts.ts';

/** A task spec of the penguins. */
export const penguinTask: TaskSpec = {
  formatVersion: 1,
  task: { value: 'multiclass', source: 'data' },
  target: { value: 'species', source: 'prompt', quote: 'the species' },
  inputs: {
    value: ['island', 'bill_length_mm', 'bill_depth_mm', 'flipper_length_mm', 'body_mass_g', 'sex'],
    source: 'data',
  },
  roles: { ignore: [{ value: 'year', source: 'prompt', quote: 'without the year' }] },
  metrics: [
    { metric: 'balancedAccuracy', threshold: 0.95, source: 'prompt', quote: 'balanced accuracy of at least 95 %' },
  ],
  limits: { latencyMs: { value: 5, source: 'prompt', quote: 'under 5 ms' } },
  fairness: [],
  unsupported: [],
};

const score = {
  metric: 'balancedAccuracy',
  value: 0.985,
  low: 0.952,
  high: 1,
  threshold: 0.95,
  meets: true,
  probability: 0.97,
  record: 'r41',
} as const;

/** Facts of a finished run, as the core would give them. */
export const penguinFacts: RunFacts = {
  formatVersion: 1,
  runId: '20260102-030405-0a1b2c3d',
  status: 'complete',
  startedAt: '2026-01-02T03:04:05.000Z',
  seconds: 4.3,
  workUnits: 812,
  request: {
    prompt: 'Predict the species without the year, with a balanced accuracy of at least 95 %, under 5 ms.',
    dataName: 'penguins.csv',
    budget: 'normal',
    seed: 0,
  },
  task: penguinTask,
  verdict: {
    kind: 'accept-with-warning',
    reasons: [
      {
        code: 'FEW_ROWS',
        message: 'The data have 344 rows, so that the score has a wide interval.',
        evidence: { rows: 344 },
      },
    ],
  },
  answer: [
    'The model tells the species right in 98.5 % of the cases, averaged over the three species, on 69 penguins that it had never seen. The target of 95 % is met.',
  ],
  data: {
    rowsRead: 345,
    rowsUsed: 344,
    setAside: [{ reason: 'more cells than columns', count: 1 }],
    format: 'CSV',
    duplicateRows: 0,
    columns: [
      { name: 'species', kind: 'category', role: 'target', missing: 0, distinct: 3 },
      { name: 'island', kind: 'category', role: 'input', missing: 0, distinct: 3 },
      { name: 'bill_length_mm', kind: 'number', role: 'input', missing: 2, distinct: 164 },
      { name: 'bill_depth_mm', kind: 'number', role: 'input', missing: 2, distinct: 80 },
      { name: 'flipper_length_mm', kind: 'number', role: 'input', missing: 2, distinct: 55 },
      { name: 'body_mass_g', kind: 'number', role: 'input', missing: 2, distinct: 94 },
      { name: 'sex', kind: 'category', role: 'input', missing: 11, distinct: 2 },
      {
        name: 'year',
        kind: 'number',
        role: 'set-aside',
        missing: 0,
        distinct: 3,
        reason: 'left out, as the request asks',
      },
    ],
    steps: [
      { what: 'Spellings of missing ("NA") were read as missing', count: 19, record: 'r9' },
      { what: 'Numbers were rounded to float32, as the model takes them' },
    ],
    target: {
      kind: 'classes',
      counts: [
        { label: 'Adelie', count: 152 },
        { label: 'Gentoo', count: 124 },
        { label: 'Chinstrap', count: 68 },
      ],
    },
  },
  checks: [
    { id: 'leak', outcome: 'passed', message: 'No column gives the target away.' },
    { id: 'duplicates', outcome: 'passed', message: 'No row of the vault repeats a row to learn from.' },
    { id: 'imbalance', outcome: 'warning', message: 'The smallest class, Chinstrap, has 20 % of the rows.' },
  ],
  split: { method: 'stratified', trainRows: 275, vaultRows: 69, folds: 5, repeats: 2, vaultReads: 1, record: 'r5' },
  baseline: {
    learner: 'most-frequent',
    about: 'always answers Adelie.',
    validationScore: 0.3333,
    scores: [
      { metric: 'balancedAccuracy', value: 0.3333, low: 0.3333, high: 0.3333 },
      { metric: 'logLoss', value: 1.05, low: 0.99, high: 1.11 },
    ],
  },
  trials: Array.from({ length: 18 }, (_, i) => ({
    index: i,
    learner: ['logistic', 'trees', 'trees'][i % 3] as string,
    configuration: (i % 3 === 0
      ? { penalty: 0.01 * (i + 1) }
      : { learningRate: 0.1, leaves: 7 + i, minRowsInLeaf: 5 }) as Record<string, number>,
    rung: i > 11 ? 1 : 0,
    ...(i === 7 ? { failure: 'did not converge' } : { score: 0.93 + ((i * 7) % 11) * 0.005 }),
    foldScores: i === 7 ? [] : [0.92, 0.97, 0.99],
    workUnits: 12.5 + i,
    seconds: 0.11 + i * 0.01,
  })),
  winner: {
    members: [
      {
        trial: 14,
        learner: 'trees',
        weight: 0.6,
        configuration: { learningRate: 0.1, leaves: 21, minRowsInLeaf: 5 },
        iterations: 84,
      },
      { trial: 12, learner: 'logistic', weight: 0.4, configuration: { penalty: 0.13 } },
    ],
    validationScore: 0.981,
    calibration: { method: 'temperature', note: 'log loss 0.071 instead of 0.080 on validation rows' },
    decisionRule: 'the most probable class',
    record: 'r38',
  },
  scores: [score, { metric: 'logLoss', value: 0.0614, low: 0.03, high: 0.11 }],
  crossValidation: { metric: 'balancedAccuracy', value: 0.979, low: 0.961, high: 0.992, folds: 5, repeats: 4 },
  meetsTargets: true,
  curves: [
    {
      kind: 'confusion',
      labels: ['Adelie', 'Chinstrap', 'Gentoo'],
      counts: [
        [30, 1, 0],
        [0, 13, 0],
        [0, 0, 25],
      ],
    },
    {
      kind: 'calibration',
      lines: [
        {
          label: 'Adelie',
          points: [
            [0.02, 0],
            [0.3, 0.25],
            [0.6, 0.7],
            [0.97, 1],
          ],
        },
        {
          label: 'Gentoo',
          points: [
            [0.01, 0],
            [0.4, 0.5],
            [0.99, 1],
          ],
        },
      ],
    },
    {
      kind: 'roc',
      lines: [
        {
          label: 'Adelie',
          points: [
            [0, 0],
            [0, 0.9],
            [0.03, 0.97],
            [0.2, 1],
            [1, 1],
          ],
        },
        {
          label: 'Chinstrap',
          points: [
            [0, 0],
            [0.02, 0.8],
            [0.1, 1],
            [1, 1],
          ],
        },
        {
          label: 'Gentoo',
          points: [
            [0, 0],
            [0, 1],
            [1, 1],
          ],
        },
      ],
    },
  ],
  explanation: {
    importance: {
      metric: 'balancedAccuracy',
      on: 'vault',
      rows: 69,
      of: 69,
      shuffles: 5,
      columns: [
        { column: 'bill_length_mm', drop: 0.31, low: 0.21, high: 0.41 },
        { column: 'sex', drop: 0.004, low: -0.01, high: 0.02 },
      ],
      record: '#42',
    },
    dependence: {
      rows: 275,
      classes: ['Adelie', 'Chinstrap', 'Gentoo'],
      columns: [
        {
          column: 'bill_length_mm',
          kind: 'number',
          points: [
            { at: 34, means: [0.8, 0.1, 0.1] },
            { at: 56, means: [0.1, 0.6, 0.3] },
          ],
          density: [3, 9, 4],
        },
        {
          column: 'sex',
          kind: 'category',
          points: [
            { at: 'male', means: [0.4, 0.2, 0.4], rows: 140 },
            { at: 'female', means: [0.4, 0.3, 0.3], rows: 135 },
          ],
        },
      ],
      record: '#39',
    },
    errors: {
      judged: 275,
      wrong: 4,
      loss: 0.0145,
      classes: ['Adelie', 'Chinstrap', 'Gentoo'],
      slices: {
        lookedAt: 95,
        rows: 275,
        found: [
          {
            where: [
              { column: 'island', kind: 'value', value: 'Dream' },
              { column: 'bill_length_mm', kind: 'range', low: 39.2, high: 44.4 },
            ],
            rows: 31,
            loss: 0.129,
            low: 0.02,
            high: 0.51,
            elsewhere: 0,
          },
        ],
      },
      worst: [{ row: 153, loss: 0.92, truth: 1, predicted: 0, probability: 0.95 }],
      record: '#39',
    },
    groups: [
      {
        column: 'sex',
        metric: 'balancedAccuracy',
        groups: [
          { where: { column: 'sex', kind: 'value', value: 'male' }, rows: 35, value: 1, low: 0.85, high: 1 },
          { where: { column: 'sex', kind: 'value', value: 'female' }, rows: 30, value: 0.97, low: 0.82, high: 1 },
        ],
        otherRows: 4,
        record: '#41',
      },
    ],
    learningCurve: {
      learner: 'linear',
      metric: 'balancedAccuracy',
      folds: 5,
      points: [
        { rows: 110, score: 0.96 },
        { rows: 220, score: 0.98 },
      ],
      gain: { gain: 0.02, low: 0.005, high: 0.035, significant: true },
      workUnits: 41,
      record: '#40',
    },
  },
  importances: [
    { column: 'bill_length_mm', share: 0.46 },
    { column: 'flipper_length_mm', share: 0.24 },
    { column: 'bill_depth_mm', share: 0.16 },
    { column: 'island', share: 0.11 },
    { column: 'body_mass_g', share: 0.03 },
    { column: 'sex', share: 0 },
  ],
  resources: {
    sizeBytes: 48213,
    latencyMs: { p50: 0.041, p99: 0.12, count: 1000 },
    predictedLatencyMs: 0.03,
    memoryBytes: 21_000_000,
    operationsPerRow: 1840,
    trainSeconds: 3.9,
  },
  valuesHeld: [
    { column: 'island', what: '3 values' },
    { column: 'species', what: 'the 3 class labels' },
  ],
  decisions: [
    {
      question: 'task.target',
      stage: 'task.understand',
      by: 'rule',
      answer: 'species',
      why: 'the prompt names the column',
    },
    {
      question: 'model.candidates',
      stage: 'model.candidates',
      by: 'rule',
      answer: 'logistic, trees',
      why: 'both suit few rows of mixed columns',
    },
    { question: 'model.ensemble', stage: 'model.ensemble', by: 'host', answer: '2 members', why: 'accepted' },
  ],
  messages: [{ from: 'task', to: 'data', stage: 'data.collect', summary: 'the task spec and the plan' }],
  notDone: [{ what: 'No test for drift', why: 'it needs data from a later time' }],
  environment: { traineragent: '0.1.0', node: '22.12.0', 'onnxruntime-node': '1.30.0', opset: '21' },
  hashes: { model: 'a'.repeat(64), data: 'b'.repeat(64), vault: 'c'.repeat(64) },
  deterministic: true,
};
