import { isError, type MetricId, metricTitle } from '../../core/task-spec.ts';
import type { VerdictKind } from '../../core/verdict.ts';
import type { RunFacts } from './report-facts.ts';

/** The name of a metric as people write it. */
export const metricName = (metric: MetricId): string => metricTitle(metric);

/** Whether less of a metric is better. */
export const isLessBetter = (metric: MetricId): boolean => isError(metric);

/** A number for reading: up to four significant digits, three decimals below one, no exponent for what people meet. */
export function formatNumber(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  const size = Math.abs(value);
  if (Number.isInteger(value) && size < 1e15) return groupThousands(String(value));
  if (size >= 1e6 || size < 1e-4) return value.toExponential(2).replace('e+', 'e');
  if (size >= 1000) return groupThousands(String(Math.round(value)));
  if (size >= 100) return value.toFixed(1);
  if (size >= 10) return value.toFixed(2);
  return size >= 0.1 ? value.toFixed(3) : String(Number(value.toPrecision(3)));
}

/** An interval with as many decimals at both ends. */
export function formatInterval(low: number, high: number): string {
  const decimals = Math.max(decimalsOf(low), decimalsOf(high));
  return `${formatEnd(low, decimals)} – ${formatEnd(high, decimals)}`;
}

const decimalsOf = (value: number): number => formatNumber(value).split('.')[1]?.length ?? 0;
const formatEnd = (value: number, decimals: number): string =>
  Math.abs(value) < 1000 && decimals > 0 && decimals <= 4 ? value.toFixed(decimals) : formatNumber(value);

/** Commas between thousands, none behind the point. */
function groupThousands(digits: string): string {
  return digits.replace(/(?<!\.\d*)\B(?=(\d{3})+(?!\d))/g, ',');
}

/** Bytes in the unit that gives two or three digits (1 kB is 1,000 bytes). */
export function formatBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : Number(value.toPrecision(2))} ${units[unit]}`;
}

/** Seconds as "0.42 s", "12 s", "3 min 20 s" or "1 h 5 min". */
export function formatSeconds(seconds: number): string {
  if (seconds < 10) return `${Number(seconds.toPrecision(2))} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return joined(Math.floor(whole / 60), 'min', whole % 60, 's');
  return joined(Math.floor(whole / 3600), 'h', Math.round((whole % 3600) / 60), 'min');
}

const joined = (large: number, largeUnit: string, small: number, smallUnit: string): string =>
  small === 0 ? `${large} ${largeUnit}` : `${large} ${largeUnit} ${small} ${smallUnit}`;

/** Milliseconds, or microseconds below a tenth of one. */
export function formatMilliseconds(value: number): string {
  return value < 0.1 ? `${Number((value * 1000).toPrecision(2))} µs` : `${Number(value.toPrecision(3))} ms`;
}

/** A share as a percentage without false precision. */
export function formatShare(share: number): string {
  const percent = share * 100;
  if (share > 0 && percent < 0.1) return '< 0.1 %';
  return `${percent >= 10 || percent === 0 ? Math.round(percent) : percent.toFixed(1)} %`;
}

/** A number that someone set, without padding zeros: thresholds, configurations. */
export function formatSetting(value: number): string {
  if (Math.abs(value) >= 1e15) return String(value);
  const short = Number.isInteger(value)
    ? value
    : Number(Math.abs(value) < 100 ? value.toPrecision(3) : value.toFixed(2));
  return groupThousands(String(short));
}

/** What was asked of a score: at least so much, or at most where less is better. */
export const formatTarget = (metric: MetricId, threshold: number): string =>
  `${isLessBetter(metric) ? '≤' : '≥'} ${formatSetting(threshold)}`;

/** A configuration as `key value` pairs. */
export function formatConfiguration(configuration: Readonly<Record<string, number | string | boolean>>): string {
  return Object.entries(configuration)
    .map(([key, value]) => `${key} ${typeof value === 'number' ? formatSetting(value) : String(value)}`)
    .join(', ');
}

/** A verdict's kind as people say it, and whether it is good news. */
export const verdictWords = {
  accept: { name: 'Accepted', tone: 'good' },
  'accept-with-warning': { name: 'Accepted, with a warning', tone: 'warn' },
  clarify: { name: 'Waiting for an answer', tone: 'warn' },
  'counter-offer': { name: 'Counter-offer', tone: 'warn' },
  reject: { name: 'Declined', tone: 'bad' },
} as const;

/** How a run stands, in a word: one that waits for somebody is not accepted yet, whatever is known of it. */
export function standing({
  status,
  verdict,
}: Pick<RunFacts, 'status' | 'verdict'>): (typeof verdictWords)[VerdictKind] {
  return verdictWords[status === 'paused' ? 'clarify' : verdict.kind];
}

/** Who took a decision, as people say it. */
export const decidedByName = {
  given: 'given by the host',
  journal: 'from the journal',
  llm: 'language model',
  rule: 'rule',
  host: 'the host’s decider',
} as const;

/** Where a field came from, as people say it. */
export const sourceName = {
  prompt: 'the prompt',
  data: 'the data',
  default: 'a default',
  host: 'the host',
  llm: 'a language model',
} as const;
