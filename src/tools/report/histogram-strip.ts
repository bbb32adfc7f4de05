import { Html, html } from './html.ts';
import type { DataColumnFact } from './report-facts.ts';
import { dateOf } from './where-words.ts';
import { formatNumber } from './wording.ts';

const width = 90;
const height = 22;

/** The values of one column as bars for a cell of a table, with their words beside them for who can't see them. */
export function histogramStrip({ histogram, kind }: DataColumnFact): Html | undefined {
  if (histogram === undefined) return undefined;
  const counts = histogram.kind === 'bins' ? histogram.counts : histogram.values.map(({ count }) => count);
  const most = Math.max(1, ...counts);
  const step = width / Math.max(counts.length, histogram.kind === 'bins' ? 1 : 4);
  const bars = counts
    .map((count, i) => {
      if (count === 0) return '';
      const tall = Math.max(1, (count / most) * height);
      return `M${round(i * step)} ${height}v-${round(tall)}h${round(step * 0.86)}v${round(tall)}z`;
    })
    .join('');
  return html`<svg class="strip" role="img" aria-label="${wordsOf(histogram, kind)}" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}"><path d="${new Html(bars)}" fill="var(--second)"/></svg>`;
}

function wordsOf(histogram: NonNullable<DataColumnFact['histogram']>, kind: string): string {
  if (histogram.kind === 'values') {
    const shown = histogram.values.slice(0, 5).map(({ value, count }) => `${value} ${formatNumber(count)}`);
    const rest = histogram.values.length - shown.length;
    return `Rows by value: ${shown.join(', ')}${rest > 0 ? ` and ${rest} more values` : ''}${histogram.others > 0 ? `; others ${formatNumber(histogram.others)}` : ''}`;
  }
  const { low, high, counts } = histogram;
  const shown = (value: number): string => (kind === 'datetime' ? dateOf(value) : formatNumber(value));
  const peak = counts.indexOf(Math.max(...counts));
  const at = low + ((peak + 0.5) * (high - low)) / counts.length;
  return `98 % of the values lie between ${shown(low)} and ${shown(high)}; most are near ${shown(at)}`;
}

const round = (value: number): number => Math.round(value * 10) / 10;
