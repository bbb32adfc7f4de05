import { searchMetricOf } from '../../core/search-metric.ts';
import type { MetricId } from '../../core/task-spec.ts';
import { curveText } from './chart-texts.ts';
import { baselineScore, scoreChart, trialChart } from './charts.ts';
import { confusedClasses } from './confused-classes.ts';
import { curveChart } from './curve-charts.ts';
import { forecastRows } from './forecast-rows.ts';
import { formHeads, formRow, scoredInFloat32, validationHead } from './form-rows.ts';
import { type Html, html } from './html.ts';
import { renderChart } from './render-chart.ts';
import type { CurveFacts, RunFacts, ScoreFact, TrialFact } from './report-facts.ts';
import { figure } from './report-figure.ts';
import { foldedTable, recordOf, table } from './report-tables.ts';
import {
  formatBytes,
  formatConfiguration,
  formatInterval,
  formatMilliseconds,
  formatNumber,
  formatSeconds,
  formatSetting,
  formatShare,
  formatTarget,
  isLessBetter,
  metricName,
} from './wording.ts';

/** Every trial: a picture by number, and a table by score. */
export async function trialsSection(facts: RunFacts): Promise<Html | undefined> {
  const { trials, task } = facts;
  if (trials.length === 0) return undefined;
  const metric = task && searchMetricOf(task);
  const sign = metric && isLessBetter(metric) ? 1 : -1;
  const worst = Number.POSITIVE_INFINITY;
  const key = (trial: TrialFact): number => (trial.score === undefined ? worst : sign * trial.score);
  const rungs = trials.some((trial) => (trial.rung ?? 0) > 0);
  const order = [...trials].sort(
    (a, b) => (rungs ? (b.rung ?? 0) - (a.rung ?? 0) : 0) || (key(a) === key(b) ? a.index - b.index : key(a) - key(b)),
  );
  const members = new Set(facts.winner?.members.map((member) => member.trial));
  const chart = trialChart(trials, facts);
  const units = trials.reduce((sum, trial) => sum + trial.workUnits, 0);
  return html`
<p>${trials.length} trials, ${formatNumber(units)} work units.${members.size > 0 && ' Highlighted: in the winner.'}</p>
${chart && figure(await renderChart(chart), trialsText(order, metric), 'Each dot is a trial’s mean over the validation folds; the line is the best so far.', true)}
${foldedTable(
  order,
  12,
  'trials',
  [
    { head: 'trial', kind: 'n', cell: (row) => row.index },
    { head: 'learner', kind: 'name', cell: (row) => row.learner },
    {
      head: metric ? metricName(metric) : 'score',
      kind: 'n',
      cell: (row) => (row.score === undefined ? 'failed' : formatNumber(row.score)),
    },
    {
      head: 'folds',
      kind: 'n',
      cell: (row) =>
        row.foldScores.length > 1 && formatInterval(Math.min(...row.foldScores), Math.max(...row.foldScores)),
    },
    { head: 'rung', kind: 'n', cell: (row) => rungs && (row.rung ?? 0) },
    { head: 'work units', kind: 'n', cell: (row) => formatNumber(row.workUnits) },
    { head: 'time', kind: 'n', cell: (row) => row.seconds !== undefined && formatSeconds(row.seconds) },
    {
      head: 'configuration',
      kind: 'wide',
      cell: (row) => row.failure ?? (formatConfiguration(row.configuration) || 'defaults'),
    },
  ],
  { caption: 'Trials by score', isBest: (row) => members.has(row.index) },
)}`;
}

function trialsText(order: readonly TrialFact[], metric: MetricId | undefined): string {
  const best = order.find(({ score }) => score !== undefined);
  const name = metric === undefined ? 'score' : metricName(metric);
  return `${name} of each trial.${best?.score === undefined ? '' : ` The best: trial ${best.index} (${best.learner}), ${formatNumber(best.score)}.`}`;
}

/** The winner, what it is made of, and its scores against the baseline's. */
export async function winnerSection(facts: RunFacts): Promise<Html | undefined> {
  const { winner, scores, baseline } = facts;
  if (!winner && scores.length === 0) return undefined;
  const first = scores[0];
  const where = (facts.split?.vaultRows ?? 0) > 0 ? 'the vault’s rows, which no trial has seen' : 'cross-validation';
  return html`
${first && figure(await renderChart(scoreChart(first, baselineScore(baseline, first.metric))), scoreText(first, baselineScore(baseline, first.metric)), `On ${where}; bars are 95 % intervals.${baseline?.about ? ` The baseline: ${baseline.about}` : ''}`)}
${
  scores.length > 0 &&
  table(
    scores,
    [
      { head: 'metric', kind: 'name', cell: (row) => metricName(row.metric) },
      { head: 'winner', kind: 'n', cell: (row) => formatNumber(row.value) },
      { head: '95 % interval', kind: 'n', cell: (row) => formatInterval(row.low, row.high) },
      { head: 'baseline', kind: 'n', cell: (row) => number(baselineScore(baseline, row.metric)?.value) },
      {
        head: 'target',
        kind: 'n',
        cell: (row) => row.threshold !== undefined && formatTarget(row.metric, row.threshold),
      },
      {
        head: 'met',
        cell: (row) =>
          row.meets !== undefined &&
          `${row.meets ? 'yes' : 'no'}${row.probability === undefined ? '' : ` (probability ${formatShare(row.probability)})`}`,
      },
      { head: 'record', cell: (row) => recordOf(row.record) },
    ],
    { caption: 'Scores of the winner and the baseline' },
  )
}
${scoredInFloat32(facts) && html`<p>${scoredInFloat32(facts)}</p>`}
${
  facts.crossValidation &&
  html`<p>Repeated cross-validation (${facts.crossValidation.repeats} × ${facts.crossValidation.folds} folds) gives ${metricName(facts.crossValidation.metric)} ${formatNumber(facts.crossValidation.value)} (${formatInterval(facts.crossValidation.low, facts.crossValidation.high)}); it stands beside the score above and is not averaged with it.</p>`
}
${
  winner &&
  html`<h3>What it is made of</h3>
${table(
  winner.members,
  [
    { head: 'weight', kind: 'n', cell: (row) => formatShare(row.weight) },
    { head: 'learner', kind: 'name', cell: (row) => row.learner },
    { head: 'trial', kind: 'n', cell: (row) => row.trial },
    { head: 'iterations', kind: 'n', cell: (row) => number(row.iterations) },
    { head: 'configuration', kind: 'wide', cell: (row) => formatConfiguration(row.configuration) || 'defaults' },
  ],
  { caption: 'Members of the model' },
)}
<ul>
${winner.classWeight && html`<li>Classes: ${winner.classWeight.about}</li>`}
${winner.calibration && html`<li>Calibration: ${winner.calibration.method}${winner.calibration.note && ` – ${winner.calibration.note}`}</li>`}
${winner.decisionRule && html`<li>Decision: ${winner.decisionRule}</li>`}
${winner.compression?.map((step) => html`<li>Smaller variant ${step.what}${step.lossOfScore !== undefined && ` (validation score ${step.lossOfScore > 0 ? `${formatNumber(step.lossOfScore)} worse` : 'no worse'})`}</li>`)}
</ul>`
}`;
}

function scoreText(score: ScoreFact, baseline: ScoreFact | undefined): string {
  const of = (who: string, { value, low, high }: ScoreFact): string =>
    `${who} ${formatNumber(value)} (${formatInterval(low, high)})`;
  return `${metricName(score.metric)}: ${of('winner', score)}${baseline ? `, ${of('baseline', baseline)}` : ''}${score.threshold === undefined ? '' : `, target ${formatSetting(score.threshold)}`}.`;
}

const number = (value: number | undefined): string | undefined =>
  value === undefined ? undefined : formatNumber(value);

const curveCaptions: Readonly<Record<CurveFacts['kind'], string>> = {
  roc: 'Dashed: guessing.',
  'precision-recall': 'How many alarms are right, by how many cases are found.',
  calibration: 'Dashed: probabilities that can be taken at their word.',
  confusion: 'Rows are the truth; the shade is the share of a row.',
  residuals:
    'Each dot is the mean of some neighbouring rows, so single rows stay untold; they scatter more. Dashed: predictions without error.',
  'residual-spread':
    'Truth less prediction of the same neighbouring rows: dots are means, lines hold nine in ten rows. A slope or a funnel is something that the model has not learned.',
};

/** How the winner does on the vault, in pictures. */
export async function curvesSection(curves: readonly CurveFacts[]): Promise<Html | undefined> {
  const figures: Html[] = [];
  const without: string[] = [];
  let confused: Html | undefined;
  for (const curve of curves) {
    const chart = curveChart(curve);
    if (chart) figures.push(figure(await renderChart(chart), curveText(curve), curveCaptions[curve.kind]));
    else if (curve.kind === 'confusion') confused = confusedClasses(curve);
    else without.push(curveNames[curve.kind]);
  }
  if (curves.length === 0) return undefined;
  return html`
${figures.length > 0 && html`<div class="curves">${figures}</div>`}
${without.length > 0 && html`<p class="quiet">No picture of ${without.join(', ')}: there are more classes than colours can tell apart, or no points.</p>`}
${confused}`;
}

const curveNames: Readonly<Record<CurveFacts['kind'], string>> = {
  roc: 'ROC',
  'precision-recall': 'precision and recall',
  calibration: 'calibration',
  confusion: 'confusion',
  residuals: 'predicted against true values',
  'residual-spread': 'residuals',
};

/** Size, speed and memory. */
export function resourcesSection({ resources, task, workUnits, forms }: RunFacts): Html | undefined {
  if (!resources) return undefined;
  const { latencyMs } = resources;
  const rows: readonly (readonly [string, string | undefined])[] = [
    ['model file', formatBytes(resources.sizeBytes)],
    [
      'one prediction',
      latencyMs &&
        `half within ${formatMilliseconds(latencyMs.p50)}, 99 of 100 within ${formatMilliseconds(latencyMs.p99)} (measured, ${formatNumber(latencyMs.count)} calls)`,
    ],
    [
      'one prediction, from counted cost',
      resources.predictedLatencyMs === undefined ? undefined : formatMilliseconds(resources.predictedLatencyMs),
    ],
    ['operations a row', number(resources.operationsPerRow)],
    ['memory', resources.memoryBytes === undefined ? undefined : formatBytes(resources.memoryBytes)],
    ['training', resources.trainSeconds === undefined ? undefined : formatSeconds(resources.trainSeconds)],
    ['work units', number(workUnits)],
  ];
  const costs = table(
    rows.filter(([, value]) => value !== undefined),
    [
      { head: 'resource', kind: 'name', cell: ([name]) => name },
      { head: 'value', kind: 'wide', cell: ([, value]) => value },
    ],
    { caption: 'What the model costs' },
  );
  const forecasts = table(
    forecastRows(resources),
    [
      { head: 'resource', kind: 'name', cell: ({ name }) => name },
      { head: 'before training', cell: ({ values: [before] }) => before },
      { head: 'before deployment', cell: ({ values: [, predicted] }) => predicted },
      { head: 'measured', cell: ({ values: [, , measured] }) => measured },
    ],
    { caption: 'Forecast and measured' },
  );
  const { tradeOff } = resources;
  const inForms =
    forms === undefined
      ? undefined
      : table(
          forms.map(formRow),
          formHeads(task).map((head, at, { length }) => ({
            head,
            ...(at === 0 ? { kind: 'name' as const } : at === 2 || at === length - 1 ? { kind: 'wide' as const } : {}),
            cell: (row: ReturnType<typeof formRow>) => row[at],
          })),
          { caption: 'Forms of the model' },
        );
  const named = (title: string, body: Html | undefined) =>
    body === undefined || body.text === '' ? undefined : html`<h3>${title}</h3>${body}`;
  const first = html`${costs}${named('Forecast and measured', forecasts)}${named('Forms of the model', inForms)}`;
  if (tradeOff === undefined) return first;
  const offers = table(
    tradeOff,
    [
      { head: 'model', kind: 'name', cell: ({ what }) => what },
      { head: validationHead(task), cell: ({ score }) => formatNumber(score) },
      { head: 'file', cell: ({ sizeBytes }) => formatBytes(sizeBytes) },
      { head: 'one prediction', cell: ({ latencyMs: own }) => formatMilliseconds(own) },
      { head: 'memory', cell: ({ memoryBytes }) => formatBytes(memoryBytes) },
    ],
    { caption: 'A limit is not met: what could be had' },
  );
  return html`${first}${named('A limit is not met: what could be had', offers)}`;
}
