import type { TaskSpec } from '../../core/task-spec.ts';
import type { TableProfile } from '../../tools/data/profile/profile.ts';
import type { CheckFact, DataColumnFact, DataFacts, RunFacts, SplitFacts } from '../../tools/report/report-facts.ts';
import type { Checked } from '../data/check.ts';
import type { Cleaned } from '../data/clean.ts';
import type { Collected } from '../data/collect.ts';
import type { Prepared } from '../data/prepare.ts';
import type { Reduced } from '../data/reduce.ts';
import type { SplitMessage } from '../data/split.ts';
import type { Evaluated } from '../model/evaluate.ts';
import type { Searched } from '../model/search.ts';
import { rolesOf } from '../task/stages/understand.ts';
import { checkWords } from './check-words.ts';
import type { Records } from './records.ts';

type Messages = ReadonlyMap<string, unknown>;

const reasonWords: Readonly<Record<string, string>> = {
  target: 'it is the target',
  role: 'it has a role',
  ignored: 'left out by the request or by decision',
  text: 'free text, which this version does not learn from',
  'all-missing': 'no value in the rows to learn from',
  constant: 'one value only',
  identifier: 'it names the row',
  duplicate: 'it repeats another column',
  'all-rare': 'every value is too rare to learn from',
  leak: 'it holds the target',
};

const rowReasons: Readonly<Record<string, string>> = {
  'too-few-fields': 'fewer fields than the header',
  'too-many-fields': 'more fields than the header',
  'not-a-record': 'no record',
};

/** What was read and what became of it. */
export function dataFacts(
  messages: Messages,
  spec: TaskSpec | undefined,
  profile: TableProfile | undefined,
  records: Records,
): DataFacts | undefined {
  const collected = messages.get('data.collect') as Collected | undefined;
  const data = collected?.data;
  if (data === undefined) return undefined;
  const split = messages.get('data.split') as SplitMessage | undefined;
  const cleaned = messages.get('data.clean') as Cleaned | undefined;
  const checked = messages.get('data.check') as Checked | undefined;
  const prepared = messages.get('data.prepare') as Prepared | undefined;
  const missingTarget = split?.setAside ?? 0;
  const collectedIn = records.call('data.collect', 'collect');
  const preparedIn = records.call('data.prepare', 'prepare').record;
  const setAside: DataFacts['setAside'][number][] = data.setAside.map(({ reason, count }) => ({
    reason: rowReasons[reason] ?? reason,
    count,
    ...collectedIn,
  }));
  if (missingTarget > 0)
    setAside.push({ reason: 'no value of the target', count: missingTarget, ...records.call('data.split', 'split') });
  if (data.sampledFrom !== undefined) {
    const malformed = data.setAside.reduce((sum, { count }) => sum + count, 0);
    setAside.push({ reason: 'left out by sampling', count: data.sampledFrom - data.rowCount - malformed });
  }
  const target = targetFacts(spec, profile, prepared);
  return {
    rowsRead: data.rowsRead,
    rowsUsed: data.rowCount - missingTarget,
    setAside,
    format: data.format,
    ...(data.sampledFrom === undefined
      ? {}
      : { sampled: { from: data.sampledFrom, why: 'The source is larger than the limit of rows.' } }),
    duplicateRows: data.duplicateRows,
    ...collectedIn,
    ...(preparedIn === undefined ? {} : { preparedRecord: preparedIn }),
    columns: columnFacts(data, profile, spec, cleaned, checked, prepared),
    steps: stepFacts(messages, records),
    ...(target === undefined ? {} : { target }),
  };
}

function columnFacts(
  data: NonNullable<Collected['data']>,
  profile: TableProfile | undefined,
  spec: TaskSpec | undefined,
  cleaned: Cleaned | undefined,
  checked: Checked | undefined,
  prepared: Prepared | undefined,
): DataColumnFact[] {
  const roles = new Map(
    spec === undefined
      ? []
      : Object.entries(rolesOf(spec)).map(([role, name]) => [name, role as DataColumnFact['role']]),
  );
  const used = new Set(prepared?.inputs ?? checked?.inputs ?? cleaned?.inputs ?? data.columns.map(({ name }) => name));
  const actions = new Map(cleaned?.plan.columns.map((action) => [action.column, action]));
  return data.columns.map(({ name, kind, missing, distinct }) => {
    const relation = checked?.relations.find(({ column }) => column === name);
    const alone = relation === undefined ? {} : { alone: { metric: relation.metric, score: relation.score } };
    const histogram = histogramOf(profile, name);
    const fact = { name, kind, missing, distinct, ...alone, ...(histogram === undefined ? {} : { histogram }) };
    if (name === spec?.target.value) return { ...fact, role: 'target' };
    const role = roles.get(name);
    if (used.has(name)) return { ...fact, role: role ?? 'input' };
    if (role !== undefined) return { ...fact, role };
    const action = actions.get(name);
    const late = prepared?.setAside.find(({ column }) => column === name)?.reason;
    const reason = checked?.leaks.includes(name)
      ? 'leak'
      : action?.action === 'set-aside'
        ? action.reason
        : (late ?? 'ignored');
    return { ...fact, role: 'set-aside', reason: reasonWords[reason] ?? reason };
  });
}

/** Values that fewer rows have are not told: they could be somebody's. */
const leastRows = 10;
const mostValues = 20;

function histogramOf(profile: TableProfile | undefined, name: string): DataColumnFact['histogram'] {
  const column = profile?.columns.find((candidate) => candidate.name === name);
  if (column === undefined) return undefined;
  if (column.numeric !== undefined && column.kind !== 'boolean') {
    const { quantiles, histogram } = column.numeric;
    return { kind: 'bins', low: quantiles[0]!, high: quantiles.at(-1)!, counts: histogram };
  }
  const values = (column.top ?? []).filter(({ count }) => count >= leastRows).slice(0, mostValues);
  if (values.length === 0) return undefined;
  const told = values.reduce((sum, { count }) => sum + count, 0);
  return { kind: 'values', values, others: profile!.rowCount - column.missing - told };
}

function stepFacts(messages: Messages, records: Records): DataFacts['steps'] {
  const collected = messages.get('data.collect') as Collected | undefined;
  const cleaned = messages.get('data.clean') as Cleaned | undefined;
  const prepared = messages.get('data.prepare') as Prepared | undefined;
  const reduced = messages.get('data.reduce') as Reduced | undefined;
  const steps: DataFacts['steps'][number][] = (collected?.data?.notes ?? []).map((what) => ({
    what,
    ...records.call('data.collect', 'collect'),
  }));
  for (const merge of cleaned?.plan.labelMerges ?? []) {
    steps.push({
      what: `Spellings of the class "${merge.to}" were taken for one: ${merge.from.map(({ label }) => `"${label}"`).join(', ')}.`,
      ...records.call('data.clean', 'clean'),
    });
  }
  for (const { column, kept, pooled, pooledRows } of prepared?.categories ?? []) {
    if (pooled > 0)
      steps.push({
        what: `"${column}": ${kept} values have a code of their own; ${pooled} rarer ones share one.`,
        count: pooledRows,
        ...records.call('data.prepare', 'prepare'),
      });
  }
  if (reduced?.learnRows !== undefined) {
    const cost = (messages.get('model.search') as Searched | undefined)?.samplingCost;
    const measured =
      cost === undefined
        ? 'What that cost in score was not measured: the budget did not pay for it.'
        : `Learning from ${cost.rows} rows changed the winner's score by ${cost.loss.toPrecision(2)} (${cost.low.toPrecision(2)} to ${cost.high.toPrecision(2)}).`;
    steps.push({
      what: `Each fit of the search learned from ${reduced.learnRows} of ${reduced.rows} rows; the winner learned from all. ${measured}`,
      ...records.call('model.search', 'trial'),
    });
  }
  const split = messages.get('data.split') as SplitMessage | undefined;
  const vault = (messages.get('model.evaluate') as Evaluated | undefined)?.vault;
  const lost = [
    [
      'Rows of the test data that could not be read were set aside.',
      collected?.test?.setAside,
      records.message('data.collect'),
    ],
    [
      'Rows of the test data without a value of the target were set aside.',
      split?.testSetAside,
      records.message('data.split'),
    ],
    [
      'Rows of the test data have a class that the rows to learn from lack; no score counts them.',
      vault?.unseenClassRows,
      records.message('model.evaluate'),
    ],
  ] as const;
  for (const [what, count, record] of lost)
    if (count !== undefined && count > 0) steps.push({ what, count, ...record });
  return steps;
}

function targetFacts(
  spec: TaskSpec | undefined,
  profile: TableProfile | undefined,
  prepared: Prepared | undefined,
): DataFacts['target'] | undefined {
  const column = profile?.columns.find(({ name }) => name === spec?.target.value);
  if (spec === undefined || column === undefined) return undefined;
  if (spec.task.value === 'regression') {
    if (column.numeric === undefined) return undefined;
    const { quantiles, histogram } = column.numeric;
    return {
      kind: 'values',
      low: quantiles[0]!,
      high: quantiles.at(-1)!,
      histogram,
      ...(column.unit === undefined ? {} : { unit: column.unit }),
    };
  }
  if (prepared === undefined) return undefined;
  return { kind: 'classes', counts: prepared.classes.map((label, i) => ({ label, count: prepared.classCounts[i]! })) };
}

/** How the rows were divided. */
export function splitFacts(
  messages: Messages,
  spec: TaskSpec | undefined,
  vaultReads: number,
  records: Records,
): SplitFacts | undefined {
  const split = messages.get('data.split') as SplitMessage | undefined;
  if (split === undefined) return undefined;
  const roles = spec === undefined ? {} : rolesOf(spec);
  const methods = {
    stratified: spec?.task.value === 'regression' ? 'random' : 'stratified',
    grouped: `grouped by ${roles.group ?? roles.entity ?? 'equal rows'}`,
    time: `by time (${roles.time ?? ''})`,
    none: 'none',
  };
  return {
    method: split.vaultFrom === 'host' ? 'given by the host' : methods[split.method],
    trainRows: split.trainRows,
    vaultRows: split.vaultRows,
    folds: split.foldCount,
    repeats: split.repeats,
    vaultReads,
    ...records.call('data.split', 'split'),
  };
}

/** What the checks found; where they found nothing, that they were made. */
export function checkFacts(messages: Messages, records: Records): RunFacts['checks'] {
  const checked = messages.get('data.check') as Checked | undefined;
  if (checked === undefined) return [];
  const record = records.call('data.check', 'check');
  const found = checked.results.map(
    (result): CheckFact => ({
      id: result.column === undefined ? result.code : `${result.code} ${result.column}`,
      outcome: result.severity === 'severe' ? 'failed' : result.severity === 'warning' ? 'warning' : 'passed',
      message: `${checkWords(result)}${checked.leaks.includes(result.column ?? '') ? ' It is left out.' : ''}`,
      ...record,
    }),
  );
  if (found.length > 0) return found;
  return [
    {
      id: 'DATA',
      outcome: 'passed',
      message: 'No leaks, duplicates across the split, conflicting labels, imbalance or drift were found.',
      ...record,
    },
  ];
}
