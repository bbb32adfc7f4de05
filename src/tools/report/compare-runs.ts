import { withMetrics } from '../../core/metric-scope.ts';
import type { RunFacts, ScoreFact } from './report-facts.ts';
import {
  formatBytes,
  formatInterval,
  formatMilliseconds,
  formatNumber,
  formatSeconds,
  metricName,
  verdictWords,
} from './wording.ts';

/** One thing that is told of two runs. */
export interface ComparedFact {
  /** `score`, `decision`, `cost`: what kind of thing it is. */
  readonly kind: 'end' | 'decision' | 'score' | 'cost' | 'vault';
  /** What it is, in plain words. */
  readonly what: string;
  /** Absent where the run has none. */
  readonly first?: string | number;
  readonly second?: string | number;
  /** 95 % intervals, where they were measured. */
  readonly firstInterval?: readonly [low: number, high: number];
  readonly secondInterval?: readonly [low: number, high: number];
  readonly isSame: boolean;
}

/** Two runs side by side. */
export interface RunComparison {
  readonly first: string;
  readonly second: string;
  readonly rows: readonly ComparedFact[];
  /** The rows as a table for a terminal or a log. */
  readonly text: string;
}

/**
 * Compares two runs by what each has told: how it ended, every decision that differs, scores with their intervals, cost,
 * and how often the test rows were read.
 *
 * @example
 * console.log(compareRuns(first.facts, second.facts).text);
 */
export function compareRuns(first: RunFacts, second: RunFacts): RunComparison {
  return withMetrics([...(first.ownMetrics ?? []), ...(second.ownMetrics ?? [])], () => sideBySide(first, second));
}

function sideBySide(first: RunFacts, second: RunFacts): RunComparison {
  const rows: ComparedFact[] = [];
  const shown: (readonly [string, string])[] = [];
  const add = (
    kind: ComparedFact['kind'],
    what: string,
    values: readonly [string | number | undefined, string | number | undefined],
    format: (value: string | number) => string = String,
    intervals: readonly [ComparedFact['firstInterval'], ComparedFact['firstInterval']] = [undefined, undefined],
  ) => {
    const [a, b] = values;
    if (a === undefined && b === undefined) return;
    rows.push({
      kind,
      what,
      ...(a === undefined ? {} : { first: a }),
      ...(b === undefined ? {} : { second: b }),
      ...(intervals[0] === undefined ? {} : { firstInterval: intervals[0] }),
      ...(intervals[1] === undefined ? {} : { secondInterval: intervals[1] }),
      isSame: a === b,
    });
    const cell = (value: string | number | undefined, interval: ComparedFact['firstInterval']) =>
      value === undefined
        ? '–'
        : `${format(value)}${interval === undefined ? '' : ` (${formatInterval(...interval)})`}`;
    shown.push([cell(a, intervals[0]), cell(b, intervals[1])]);
  };
  const both = <T>(read: (facts: RunFacts) => T): readonly [T, T] => [read(first), read(second)];
  const bytes = (value: string | number) => formatBytes(Number(value));

  add(
    'end',
    'status',
    both(({ status }) => status),
  );
  add(
    'end',
    'verdict',
    both(({ verdict }) => verdict.kind),
    (kind) => verdictWords[kind as keyof typeof verdictWords].name,
  );
  for (const { what, values } of differingDecisions(first, second)) add('decision', what, values);
  add(
    'score',
    'model',
    both(({ winner }) => winner?.members.map(({ learner }) => learner).join(' + ')),
  );
  for (const metric of metricsOf(first, second)) {
    const [a, b] = both(({ scores }) => scores.find((score) => score.metric === metric));
    add('score', `${metricName(metric)}, test rows`, [a?.value, b?.value], number, [intervalOf(a), intervalOf(b)]);
  }
  const [a, b] = both(({ crossValidation }) => crossValidation);
  const folds = (score: typeof a) => (score === undefined ? undefined : intervalOf(score));
  if (a?.metric === b?.metric || a === undefined || b === undefined)
    add('score', `${metricName((a ?? b)?.metric ?? 'accuracy')}, folds`, [a?.value, b?.value], number, [
      folds(a),
      folds(b),
    ]);
  add(
    'cost',
    'trials',
    both(({ trials }) => trials.length),
  );
  add(
    'cost',
    'work units',
    both(({ workUnits }) => workUnits),
    number,
  );
  add(
    'cost',
    'seconds',
    both(({ seconds }) => seconds),
    (value) => formatSeconds(Number(value)),
  );
  add(
    'cost',
    'model size',
    both(({ resources }) => resources?.sizeBytes),
    bytes,
  );
  add(
    'cost',
    'prediction, median',
    both(({ resources }) => resources?.latencyMs?.p50),
    (value) => formatMilliseconds(Number(value)),
  );
  add(
    'vault',
    'reads of the test rows so far',
    both(({ split }) => split?.vaultReads),
  );
  return { first: first.runId, second: second.runId, rows, text: tableOf(first, second, rows, shown) };
}

const number = (value: string | number): string => (typeof value === 'number' ? formatNumber(value) : value);

const intervalOf = (score: ScoreFact | undefined): ComparedFact['firstInterval'] =>
  score === undefined ? undefined : [score.low, score.high];

function metricsOf(first: RunFacts, second: RunFacts): ScoreFact['metric'][] {
  return [...new Set([...first.scores, ...second.scores].map(({ metric }) => metric))];
}

/** Decisions of the same question, in the order in which they were taken, where the answers differ. */
function differingDecisions(first: RunFacts, second: RunFacts) {
  const byPlace = (facts: RunFacts) => {
    const seen = new Map<string, number>();
    return new Map(
      facts.decisions.map(({ question, answer, by }) => {
        const count = (seen.get(question) ?? 0) + 1;
        seen.set(question, count);
        return [count === 1 ? question : `${question} (${count})`, `${answer} (${by})`] as const;
      }),
    );
  };
  const [a, b] = [byPlace(first), byPlace(second)];
  return [...new Set([...a.keys(), ...b.keys()])].flatMap((what) =>
    a.get(what) === b.get(what) ? [] : [{ what, values: [a.get(what), b.get(what)] as const }],
  );
}

function tableOf(
  first: RunFacts,
  second: RunFacts,
  rows: readonly ComparedFact[],
  shown: readonly (readonly [string, string])[],
): string {
  const lines = [['', first.runId, second.runId], ...rows.map(({ what }, i) => [what, ...shown[i]!])];
  const most = 46;
  const cut = (text: string) => (text.length > most ? `${text.slice(0, most - 1)}…` : text);
  const widths = [0, 1, 2].map((column) => Math.max(...lines.map((line) => cut(line[column]!).length)));
  const table = lines.map((line) =>
    line
      .map((cell, column) => cut(cell).padEnd(widths[column]!))
      .join('  ')
      .trimEnd(),
  );
  const reads = second.split?.vaultReads ?? 0;
  if (reads > 1)
    table.push(
      `The same test rows have judged ${reads} models: who chooses by these scores makes them look better than they are.`,
    );
  return `${table.join('\n')}\n`;
}
