import { type Html, html } from './html.ts';
import type { CurveFacts } from './report-facts.ts';
import { table } from './report-tables.ts';
import { formatNumber, formatShare } from './wording.ts';

/** Pairs that are listed. */
const mostPairs = 12;

/** The classes that are most often taken for one another, where there are too many for a matrix. */
export function confusedClasses({ labels, counts }: Extract<CurveFacts, { kind: 'confusion' }>): Html {
  const pairs = counts.flatMap((row, truth) => {
    const rows = row.reduce((sum, count) => sum + count, 0);
    return row.flatMap((count, predicted) =>
      predicted === truth || count === 0 ? [] : [{ truth, predicted, count, rows, share: count / rows }],
    );
  });
  const wrong = pairs.reduce((sum, { count }) => sum + count, 0);
  const shown = pairs
    .sort((a, b) => b.count - a.count || b.share - a.share || a.truth - b.truth || a.predicted - b.predicted)
    .slice(0, mostPairs);
  if (shown.length === 0) return html`<p>None of the ${labels.length} classes was taken for another.</p>`;
  return html`<h3>Most often confused</h3>
${table(
  shown,
  [
    { head: 'truth', kind: 'name', cell: (row) => labels[row.truth] },
    { head: 'taken for', kind: 'wide', cell: (row) => labels[row.predicted] },
    { head: 'rows', kind: 'n', cell: (row) => formatNumber(row.count) },
    { head: 'of those of the class', kind: 'n', cell: (row) => formatShare(row.share) },
  ],
  { caption: 'Classes that are most often taken for one another' },
)}
<p class="small quiet">${formatNumber(shown.reduce((sum, { count }) => sum + count, 0))} of ${formatNumber(wrong)} wrong rows; of ${labels.length} classes the matrix would be too large to read.</p>`;
}
