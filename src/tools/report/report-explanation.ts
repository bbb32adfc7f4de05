import { importanceChart } from './charts.ts';
import { dependenceChart, groupChart, learningCurveChart, mostBars, permutationChart } from './explanation-charts.ts';
import type { ExplanationFacts, ImportanceFacts, LearningCurveFacts } from './explanation-facts.ts';
import { type Html, html } from './html.ts';
import { renderChart } from './render-chart.ts';
import type { RunFacts } from './report-facts.ts';
import { figure } from './report-figure.ts';
import { foldedTable, recordOf, table } from './report-tables.ts';
import { dateOf, whereWords } from './where-words.ts';
import { formatInterval, formatNumber, formatShare, isLessBetter, metricName } from './wording.ts';

/** What the predictions depend on: by shuffling, by the learners' own account, and in which direction. */
export async function importanceSection({ explanation, importances, data }: RunFacts): Promise<Html | undefined> {
  const own = importanceChart(importances);
  if (!explanation && !own) return undefined;
  const used = importances.filter((item) => item.share > 0).length;
  const unit = data?.target?.kind === 'values' ? data.target.unit : undefined;
  const { importance, dependence } = explanation ?? {};
  const permuted = importance && permutationChart(importance);
  const own15 = importances.slice(0, mostBars).map(({ column, share }) => `${column} ${formatShare(share)}`);
  return html`
${
  importance &&
  permuted &&
  html`<h3>What the score would lose</h3>${figure(await renderChart(permuted), importanceWords(importance), importanceCaption(importance))}`
}
${own && html`<h3>What the learners rely on</h3>${figure(await renderChart(own), `Shares of reliance: ${own15.join(', ')}.`, `Share of the model’s reliance on each column, as measured by the learners themselves; not a cause.${used > mostBars ? ` The first ${mostBars} of ${used}.` : ''}`)}`}
${dependence && dependence.columns.length > 0 && (await dependenceFigures(dependence, unit))}`;
}

function importanceWords({ columns, metric }: ImportanceFacts): string {
  const shown = columns
    .slice(0, mostBars)
    .map(({ column, drop, low, high }) => `${column} ${formatNumber(drop)} (${formatInterval(low, high)})`);
  return `Fall of ${metricName(metric)} where a column is shuffled: ${shown.join('; ')}.`;
}

function importanceCaption({ columns, metric, rows, of, on, shuffles, record }: ImportanceFacts): Html {
  const where = on === 'vault' ? 'rows of the vault' : 'rows that the model has learned from, which flatters';
  return html`How much ${metricName(metric)} ${isLessBetter(metric) ? 'worsens' : 'falls'} where the values of one column are shuffled (permutation importance: ${shuffles} shuffles, ${formatNumber(rows)}${rows < of ? ` of ${formatNumber(of)}` : ''} ${where}); lines are 95 % intervals. Columns that say the same stand in for each other, so that neither seems to matter.${columns.length > mostBars ? ` The first ${mostBars} of ${columns.length}.` : ''} ${recordOf(record)}`;
}

async function dependenceFigures(
  { columns, classes, rows, record }: ExplanationFacts['dependence'],
  unit: string | undefined,
): Promise<Html> {
  const figures: Html[] = [];
  for (const column of columns)
    figures.push(figure(await renderChart(dependenceChart(column, classes, unit)), dependenceWords(column, classes)));
  return html`<h3>In which direction</h3>
<p class="quiet small">Partial dependence: the mean prediction over ${formatNumber(rows)} rows if all had this value; grey: how many rows have it. It says how the model answers, not what would happen if the value were changed. ${recordOf(record)}</p>
<div class="curves">${figures}</div>`;
}

function dependenceWords(
  column: ExplanationFacts['dependence']['columns'][number],
  classes: readonly string[],
): string {
  const shown = (at: number | string): string =>
    typeof at === 'string' ? at : column.kind === 'datetime' ? dateOf(at) : formatNumber(at);
  const series = classes.length > 1 ? classes : [''];
  const step = column.points.length > 8 ? 4 : 1;
  const points = column.points.filter((_, i) => i % step === 0 || i === column.points.length - 1);
  return `Mean prediction by ${column.column}. ${series
    .map(
      (name, i) =>
        `${name === '' ? '' : `${name}: `}${points.map(({ at, means }) => `${shown(at)} gives ${formatNumber(means[i]!)}`).join(', ')}`,
    )
    .join('; ')}.`;
}

/** Where the model errs: slices of rows, and the single rows that it is most wrong about. */
export function errorsSection({ explanation, data, task }: RunFacts): Html | undefined {
  if (explanation === undefined) return undefined;
  const { errors } = explanation;
  const isShare = task?.task.value !== 'regression';
  const shown = isShare ? formatShare : formatNumber;
  const { found, lookedAt, rows } = errors.slices;
  const setAside = (data?.setAside.length ?? 0) > 0;
  return html`
<p>${isShare ? `${formatNumber(errors.wrong)} of ${formatNumber(errors.judged)} rows are predicted wrongly (${formatShare(errors.wrong / Math.max(1, errors.judged))})` : `The mean absolute error is ${formatNumber(errors.loss)} on ${formatNumber(errors.judged)} rows`}, each by a model that has not seen it. Rows of the vault are not among them, so that nobody mends them by hand. ${recordOf(errors.record)}</p>
<h3>Slices where it is weak</h3>
${
  found.length === 0
    ? html`<p>None of the ${formatNumber(lookedAt)} slices that were looked at (values, quarters and absence of columns, and pairs of them, of ${formatNumber(rows)} rows) errs more than the others beyond chance.</p>`
    : html`${table(
        found,
        [
          { head: 'slice', kind: 'name', cell: (row) => row.where.map(whereWords).join(' and ') },
          { head: 'rows', kind: 'n', cell: (row) => formatNumber(row.rows) },
          { head: isShare ? 'wrong' : 'mean absolute error', kind: 'n', cell: (row) => shown(row.loss) },
          { head: '95 % interval', kind: 'n', cell: (row) => `${shown(row.low)} – ${shown(row.high)}` },
          { head: 'elsewhere', kind: 'n', cell: (row) => shown(row.elsewhere) },
        ],
        { caption: 'Slices with more errors than elsewhere' },
      )}<p class="quiet small">Found among ${formatNumber(lookedAt)} slices of ${formatNumber(rows)} rows; the intervals hold for all of them at once (Bonferroni). What costs most comes first.</p>`
}
<h3>Rows worth looking at</h3>
${
  errors.worst.length === 0
    ? html`<p>No row is predicted wrongly.</p>`
    : html`<p class="quiet small">${isShare ? 'The model is surest of a wrong answer here' : 'The model is farthest off here'}: look whether the label is right, or what the columns do not say. Rows are counted from 1 in the order of the data, the header not counted${setAside && ', rows set aside while reading neither'}.${errors.values === undefined && ' Values are not shown: cells of the data stay out of reports unless the host’s privacy allows samples.'}</p>
${foldedTable(
  errors.worst.map((row, i) => ({ ...row, values: errors.values?.[i] })),
  8,
  'rows',
  [
    { head: 'row', kind: 'n', cell: (row) => String(row.row) },
    { head: 'true', cell: (row) => row.truth !== undefined && errors.classes[row.truth] },
    { head: 'predicted', cell: (row) => row.predicted !== undefined && errors.classes[row.predicted] },
    {
      head: 'with probability',
      kind: 'n',
      cell: (row) => row.probability !== undefined && formatNumber(row.probability),
    },
    { head: 'absolute error', kind: 'n', cell: (row) => row.truth === undefined && formatNumber(row.loss) },
    {
      head: 'values',
      kind: 'wide',
      cell: (row) =>
        row.values &&
        Object.entries(row.values)
          .map(([name, value]) => `${name} ${value}`)
          .join(', '),
    },
  ],
  { caption: 'Rows that the model is most wrong about' },
)}`
}`;
}

/** Scores by group of the columns that the result should be fair to. */
export async function groupsSection({ explanation, scores }: RunFacts): Promise<Html | undefined> {
  if (explanation === undefined || explanation.groups.length === 0) return undefined;
  const parts: Html[] = [];
  for (const group of explanation.groups) {
    const overall = scores.find(({ metric }) => metric === group.metric)?.value;
    const chart = groupChart(group, overall);
    const words = group.groups
      .map(({ where, value }) => `${whereWords(where)}: ${value === undefined ? 'no score' : formatNumber(value)}`)
      .join('; ');
    parts.push(html`<h3>${group.column}</h3>
${chart && figure(await renderChart(chart), `${metricName(group.metric)} by group. ${words}.`, `On the vault; lines are 95 % intervals, dashed: all rows.`)}
${
  group.groups.length > 0 &&
  table(
    group.groups,
    [
      { head: 'group', kind: 'name', cell: (row) => whereWords(row.where) },
      { head: 'rows', kind: 'n', cell: (row) => formatNumber(row.rows) },
      {
        head: metricName(group.metric),
        kind: 'n',
        cell: (row) => (row.value === undefined ? 'no value' : formatNumber(row.value)),
      },
      {
        head: '95 % interval',
        kind: 'n',
        cell: (row) => row.low !== undefined && row.high !== undefined && formatInterval(row.low, row.high),
      },
      {
        head: 'predicted positive',
        kind: 'n',
        cell: (row) => row.predictedPositive !== undefined && formatShare(row.predictedPositive),
      },
    ],
    { caption: `Scores by group of ${group.column}` },
  )
}
<p>${
      group.groups.length < 2
        ? 'Fewer than two groups have rows enough for a score.'
        : group.gap === undefined
          ? 'The intervals overlap: these rows show no difference between groups that is beyond chance. That is no proof that there is none.'
          : `Between the best and the worst group lie ${formatNumber(group.gap)}, and their intervals do not touch.`
    }${group.otherRows > 0 && ` ${formatNumber(group.otherRows)} rows are in groups too small for a score.`} ${recordOf(group.record)}</p>`);
  }
  return html`${parts}`;
}

/** Would more rows help? */
export async function learningCurveSection({ explanation }: RunFacts): Promise<Html | undefined> {
  const curve = explanation?.learningCurve;
  const chart = curve && learningCurveChart(curve);
  if (curve === undefined || chart === undefined) return undefined;
  const words = curve.points.map(({ rows, score }) => `${formatNumber(rows)} rows ${formatNumber(score)}`).join(', ');
  return html`<p>${gainWords(curve)} ${recordOf(curve.record)}</p>
${figure(await renderChart(chart), `${metricName(curve.metric)} by rows: ${words}.`, `The best candidate alone (${curve.learner}), learned from parts of the rows and scored on the same ${curve.folds} validation folds; ${formatNumber(curve.workUnits)} work units.`)}`;
}

/** What the last doubling of the rows gained, and what that says of the next. */
export function gainWords({ gain, points, metric }: LearningCurveFacts): string {
  const last = points.at(-1)!.rows;
  const before = points.at(-2)?.rows ?? last;
  const how = isLessBetter(metric) ? 'lowered' : 'raised';
  const interval = `95 %: ${formatInterval(gain.low, gain.high)}`;
  if (!gain.significant)
    return `Learning from ${formatNumber(last)} rows instead of ${formatNumber(before)} changed ${metricName(metric)} by ${formatNumber(gain.gain)} (${interval}; positive is better), which may be chance: more rows of this kind would probably help little.`;
  if (gain.gain > 0)
    return `Learning from ${formatNumber(last)} rows instead of ${formatNumber(before)} ${how} ${metricName(metric)} by ${formatNumber(gain.gain)} (${interval}): more rows would probably help, each doubling less than the last.`;
  return `Learning from ${formatNumber(last)} rows instead of ${formatNumber(before)} made ${metricName(metric)} worse by ${formatNumber(-gain.gain)} (${interval} as a gain): look whether the later rows are of another kind.`;
}
