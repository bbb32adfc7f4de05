import { targetChart } from './charts.ts';
import { histogramStrip } from './histogram-strip.ts';
import { type Html, html } from './html.ts';
import { renderChart } from './render-chart.ts';
import type { CheckFact, RunFacts } from './report-facts.ts';
import { figure } from './report-figure.ts';
import { foldedTable, pill, pillList } from './report-tables.ts';
import { valuesTold } from './values-held.ts';
import { formatNumber, formatShare, metricName } from './wording.ts';

/** What was read, what was done to it, and how it was divided. */
export async function dataSection({ data, split, task, request }: RunFacts): Promise<Html | undefined> {
  if (!data) return undefined;
  const chart = data.target && targetChart(data.target);
  const order = { target: 0, input: 2, 'set-aside': 3 } as const;
  const rank = (role: string): number => (order as Readonly<Record<string, number>>)[role] ?? 1;
  const columns = [...data.columns].sort((a, b) => rank(a.role) - rank(b.role));
  return html`
<p>${formatNumber(data.rowsRead)} rows were read${data.format && request.dataName !== 'records' && ` as ${data.format}`}${split && `; ${formatNumber(data.rowsUsed)} were used`}${
    data.setAside.length === 0
      ? ', none was set aside.'
      : html`. Set aside: ${data.setAside.map((item, i) => `${i > 0 ? '; ' : ''}${formatNumber(item.count)} (${item.reason})`)}.`
  }${data.sampled && ` A sample of ${formatNumber(data.sampled.from)} rows: ${data.sampled.why}.`}${
    data.duplicateRows ? ` ${formatNumber(data.duplicateRows)} rows repeat an earlier one.` : ''
  }</p>
${split && html`<p>${splitText(split)}</p>`}
${chart && figure(await renderChart(chart), targetText(data.target!), `The target${task ? `, ${task.target.value}` : ''}, over the rows ${data.target!.kind === 'classes' ? 'to learn from' : 'read'}.`)}
${data.steps.length > 0 && html`<h3>What was done</h3><ul>${data.steps.map((step) => html`<li>${step.what}${step.count !== undefined && ` (${formatNumber(step.count)})`}</li>`)}</ul>`}
<h3>Columns</h3>
${foldedTable(
  columns,
  30,
  'columns',
  [
    { head: 'column', kind: 'name', cell: (row) => row.name },
    { head: 'kind', cell: (row) => row.kind },
    // Before a request is understood, a column has no role.
    { head: 'role', cell: (row) => task && (row.role === 'set-aside' ? 'set aside' : row.role) },
    {
      head: 'missing',
      kind: 'n',
      cell: (row) =>
        row.missing === 0
          ? '–'
          : `${formatNumber(row.missing)} (${formatShare(row.missing / Math.max(1, data.rowsRead))})`,
    },
    { head: 'distinct', kind: 'n', cell: (row) => row.distinct !== undefined && formatNumber(row.distinct) },
    { head: 'values', cell: histogramStrip },
    {
      head: 'alone',
      kind: 'n',
      cell: (row) => row.alone && `${metricName(row.alone.metric)} ${row.alone.score.toFixed(2)}`,
    },
    { head: 'why', kind: 'wide', cell: (row) => row.reason },
  ],
  { caption: 'Columns of the data' },
)}
${columns.some(({ alone }) => alone !== undefined) && html`<p class="quiet small">Alone: how well the column by itself predicts the target on rows held back, from 0.5 (ROC AUC) or 0 (R²): as guessing does.</p>`}
<p class="quiet small">${valuesTold}</p>`;
}

function targetText(target: NonNullable<NonNullable<RunFacts['data']>['target']>): string {
  if (target.kind === 'classes')
    return `Rows by class: ${target.counts.map(({ label, count }) => `${label} ${formatNumber(count)}`).join(', ')}.`;
  return `Histogram: 98 % of the values lie between ${formatNumber(target.low)} and ${formatNumber(target.high)}; rows in ${target.histogram.length} bins: ${target.histogram.join(', ')}.`;
}

function splitText(split: NonNullable<RunFacts['split']>): string {
  const cross =
    split.folds > 1
      ? ` Trials were scored by ${split.repeats > 1 ? `${split.repeats} × ` : ''}${split.folds}-fold cross-validation on the others.`
      : '';
  if (split.vaultRows === 0) return `No rows were held back: the data are too few.${cross}`;
  const reads =
    split.vaultReads === 0
      ? ' The vault has not been read.'
      : ` The vault was read ${split.vaultReads === 1 ? 'once' : `${split.vaultReads} times, over all runs on these data`}.`;
  return `Before anything else, ${formatNumber(split.vaultRows)} rows were locked away in the vault for the final score (${split.method}); ${formatNumber(split.trainRows)} remained to learn from.${cross}${reads}`;
}

/** The checks, those that found something first. */
export function checksSection(checks: readonly CheckFact[]): Html | undefined {
  if (checks.length === 0) return undefined;
  const order = { failed: 0, warning: 1, passed: 2 } as const;
  const tone = { failed: 'bad', warning: 'warn', passed: 'good' } as const;
  return pillList(
    [...checks]
      .sort((a, b) => order[a.outcome] - order[b.outcome])
      .map((check) => ({ pill: pill(check.outcome, tone[check.outcome]), text: check.message })),
  );
}
