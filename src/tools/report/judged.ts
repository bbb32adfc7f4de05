import type { Judged, JudgedGain, JudgedScore, JudgeOutput } from '../actions/judge.ts';
import type { PairedTest } from '../evaluate/paired-tests.ts';
import { formatBytes, formatInterval, formatNumber, metricName } from './wording.ts';

/** What a model is worth on some rows, with the same in words. */
export interface Evaluation extends Judged {
  /** A table for a terminal or a log. */
  readonly text: string;
}

/** Two models on the same rows. */
export interface ModelComparison {
  readonly first: Judged;
  readonly second: Judged;
  /** By metric, in the order that was asked; those without a value on these rows are left out. */
  readonly gains: readonly JudgedGain[];
  readonly tests: readonly PairedTest[];
  /** Of the second, by the interval of its gain in the first metric. */
  readonly verdict: 'better' | 'worse' | 'no-clear-difference';
  /** Whether a gate should stop the second: clearly worse or, with a margin, not shown to be worse by less than it. */
  readonly isWorse: boolean;
  /** A table for a terminal or a log. */
  readonly text: string;
}

const scoreText = (score: JudgedScore): string =>
  score.defined
    ? `${formatNumber(score.value)} (${formatInterval(score.low, score.high)})`
    : `no value (${score.reason})`;

function table(lines: readonly (readonly string[])[]): string {
  const widths = lines[0]!.map((_, column) => Math.max(...lines.map((line) => line[column]!.length)));
  return lines
    .map((line) =>
      line
        .map((cell, column) => cell.padEnd(widths[column]!))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

const about = ({ task, target, rows }: Judged): string => `"${target}" (${task}) on ${rows} rows`;

const asideText = ({ setAside }: Judged): string =>
  setAside.length === 0
    ? ''
    : `Not judged: ${setAside.map(({ reason, count }) => `${count} rows (${reason})`).join(', ')}.\n`;

/** An evaluation from what was judged. */
export function evaluationOf(judged: Judged): Evaluation {
  const lines = judged.scores.map((score) => [metricName(score.metric), scoreText(score)]);
  const level = Math.round(100 * levelOf(judged));
  return {
    ...judged,
    text: `${about(judged)}, ${formatBytes(judged.model.sizeBytes)}, ${level} % intervals\n${table(lines)}\n${asideText(judged)}`,
  };
}

const levelOf = ({ scores }: Judged): number => {
  const score = scores.find((of) => of.defined);
  return score?.defined === true ? score.level : 0.95;
};

/** A comparison from what was judged. A first metric without a value decides nothing, so it stops the second. */
export function comparisonOf({ judged, gains, tests }: JudgeOutput, margin: number | undefined): ModelComparison {
  const [first, second] = judged as [Judged, Judged];
  const main = gains.find(({ metric }) => metric === first.scores[0]?.metric);
  const verdict =
    main !== undefined && main.low > 0
      ? 'better'
      : main !== undefined && main.high < 0
        ? 'worse'
        : 'no-clear-difference';
  const isWorse = main === undefined || (margin === undefined ? verdict === 'worse' : main.low < -margin);
  const rows = first.scores.map((score, i) => {
    const gain = gains.find(({ metric }) => metric === score.metric);
    return [
      metricName(score.metric),
      scoreText(score),
      scoreText(second.scores[i]!),
      gain === undefined
        ? '–'
        : `${gain.gain > 0 ? '+' : ''}${formatNumber(gain.gain)} (${formatInterval(gain.low, gain.high)})`,
    ];
  });
  const text = [
    `${about(first)}; gains are positive where the second is better`,
    table([['', 'first', 'second', 'gain'], ...rows]),
    ...tests.map(testText),
    `The second is ${verdictText[verdict]}${main === undefined ? '; the first metric has no value on these rows' : ''}.`,
    asideText(first),
  ].join('\n');
  return { first, second, gains, tests, verdict, isWorse, text };
}

const verdictText = {
  better: 'better',
  worse: 'worse',
  'no-clear-difference': 'neither clearly better nor clearly worse',
} as const;

function testText(test: PairedTest): string {
  const p = `p = ${test.pValue < 1e-4 ? test.pValue.toExponential(1) : test.pValue.toFixed(4)}`;
  return test.name === 'mcnemar'
    ? `McNemar: ${test.onlyFirst} rows only the first has right, ${test.onlySecond} only the second; ${p}`
    : `Wilcoxon: the first is nearer on ${test.firstNearer} rows, the second on ${test.secondNearer}; ${p}`;
}
