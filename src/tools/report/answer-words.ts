import type { Json } from '../../core/helpers/canonical-json.ts';
import type { MetricId } from '../../core/task-spec.ts';
import { formatSetting, metricName } from './wording.ts';

/** Names of an answer's members that say no more than the question does. */
const understood: ReadonlySet<string> = new Set([
  'use',
  'learners',
  'configurations',
  'steps',
  'metric',
  'target',
  'move',
  'variant',
  'method',
  'way',
  'rule',
  'deliver',
]);
/** Members that are the same in every answer. */
const silent: ReadonlySet<string> = new Set(['formatVersion', 'budget']);
const mostItems = 12;

/** The answer to a question in a few words: no braces, long lists by their count, metrics by their names. */
export function answerInWords(answer: Json): string {
  if (Array.isArray(answer)) return listInWords(answer);
  if (typeof answer === 'object' && answer !== null) {
    return Object.entries(answer as Readonly<Record<string, Json>>)
      .filter(([name]) => !silent.has(name))
      .map(([name, value]) => memberInWords(name, value))
      .join(', ');
  }
  if (typeof answer === 'boolean') return answer ? 'yes' : 'no';
  return typeof answer === 'number' ? formatSetting(answer) : metricName(String(answer) as MetricId);
}

function listInWords(items: readonly Json[]): string {
  if (items.length === 0) return 'none';
  const words = items.map((item) =>
    typeof item === 'object' && item !== null && 'step' in item ? String(item.step) : answerInWords(item),
  );
  return words.length > mostItems
    ? `${words.slice(0, mostItems).join(', ')} and ${words.length - mostItems} more`
    : words.join(', ');
}

function memberInWords(name: string, value: Json): string {
  const words = answerInWords(value);
  if (understood.has(name)) return words;
  const label = name.replace(/([a-z])([A-Z])/g, '$1 $2').toLowerCase();
  return label === 'rows' ? `${words} rows` : `${label} ${words}`;
}

const metricIds = /\b(?:rocAuc|averagePrecision|logLoss|balancedAccuracy|f1Macro|medianAbsoluteError|rmse|mape|mcc)\b/g;

/** A sentence that names metrics by their ids, with the names that people know. */
export const withMetricNames = (sentence: string): string =>
  sentence.replace(metricIds, (id) => metricName(id as MetricId));
