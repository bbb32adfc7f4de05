import { relative } from 'node:path';
import { searchMetricOf } from '../core/search-metric.ts';
import type { RunFacts } from '../tools/report/report-facts.ts';
import {
  formatBytes,
  formatInterval,
  formatMilliseconds,
  formatNumber,
  formatSeconds,
  formatTarget,
  metricName,
  standing,
} from '../tools/report/wording.ts';
import { type Colours, createColours } from './colours.ts';
import { safeText } from './safe-text.ts';
import { shellWord } from './shell-word.ts';
import { shortAnswer } from './short-answers.ts';

/** Files that a run has left, by what they are. */
export interface OutputFiles {
  readonly folder: string;
  readonly modelPath?: string;
  readonly reportPath?: string;
  readonly cardPath?: string;
  /** Other forms of the model. */
  readonly forms?: readonly string[];
  /** Files of onnxruntime-web that a folder for the browser still lacks. */
  readonly missing?: readonly string[];
}

/** The end of a run as a few lines: verdict, score, cost, files, and what to do next. */
export function endPanel(
  facts: RunFacts,
  files: OutputFiles,
  options: { readonly colours: boolean; readonly cwd: string; readonly columns?: number },
): string {
  const colours = createColours(options.colours);
  const shown = (path: string): string => safeText(shortest(path, options.cwd));
  const rows: PanelRow[] = [];
  const score = facts.scores[0];
  if (score) {
    rows.push({
      name: metricName(score.metric),
      value: formatNumber(score.value),
      remark: `(95 %: ${formatInterval(score.low, score.high)})`,
      colour: colours.bold,
    });
    const baseline = facts.baseline?.scores.find((item) => item.metric === score.metric);
    if (baseline)
      rows.push({ name: 'baseline', value: formatNumber(baseline.value), remark: '(without looking at any input)' });
    for (const other of facts.scores.slice(1))
      rows.push({
        name: metricName(other.metric),
        value: formatNumber(other.value),
        remark: `(95 %: ${formatInterval(other.low, other.high)})`,
      });
  }
  for (const item of facts.scores) {
    if (item.threshold === undefined || item.meets === undefined) continue;
    const target = `${metricName(item.metric)} ${formatTarget(item.metric, item.threshold)}`;
    rows.push({
      name: 'target',
      value: `${target}, ${item.meets ? 'met' : 'not met'}`,
      colour: item.meets ? colours.green : colours.yellow,
    });
  }
  if (facts.resources) rows.push({ name: 'size', value: formatBytes(facts.resources.sizeBytes) });
  const latency = facts.resources?.latencyMs;
  if (latency)
    rows.push({
      name: 'prediction',
      value: formatMilliseconds(latency.p50),
      remark: `(99 of 100 within ${formatMilliseconds(latency.p99)})`,
    });
  if (facts.seconds !== undefined) rows.push({ name: 'time', value: formatSeconds(facts.seconds) });
  if (files.modelPath) rows.push({ name: 'model', value: shown(files.modelPath) });
  for (const path of files.forms ?? []) rows.push({ name: 'also', value: shown(path) });
  if (files.reportPath) rows.push({ name: 'report', value: shown(files.reportPath) });

  const columns = Math.min(options.columns ?? 100, 100);
  const lines = ['', `${verdictMark(facts, colours)} ${colours.bold(standing(facts).name)}`];
  const wrap = (text: string): string[] => wrapWords(safeText(text), columns - 4);
  for (const { message } of facts.verdict.reasons)
    lines.push(...wrap(message).map((line, i) => `  ${i === 0 ? '·' : ' '} ${line}`));
  if (facts.verdict.offer) lines.push(...wrap(facts.verdict.offer).map((line) => `    ${line}`));
  if (rows.length > 0) lines.push('', ...tableLines(rows, columns, colours));
  if ((files.missing ?? []).length > 0)
    lines.push(
      '',
      ...wrap(
        `Copy these files of the package onnxruntime-web (dist) into the folder for the browser: ${files.missing!.join(', ')}.`,
      ).map((line) => `  ${line}`),
    );
  lines.push(...tradeOffLines(facts, columns, colours));
  for (const question of facts.questions ?? []) {
    lines.push('', `  ${colours.yellow('?')} ${safeText(question.about)}`);
    if (question.changes) lines.push(colours.dim(`    ${safeText(question.changes)}`));
    if (question.options)
      lines.push(
        colours.dim(
          `    one of: ${safeText(question.options.map((option) => typed(question.question, option)).join(', '), 300)}`,
        ),
      );
  }
  const next = nextSteps(facts, files, shown);
  if (next.length > 0) lines.push('', ...next.map((line) => `  ${colours.dim('→')} ${line}`));
  return `${lines.join('\n')}\n`;
}

/** Where a limit is missed: what could be had, each measured. */
function tradeOffLines({ resources, task }: RunFacts, columns: number, colours: Colours): string[] {
  const tradeOff = resources?.tradeOff;
  if (tradeOff === undefined) return [];
  const metric = task === undefined ? 'score' : metricName(searchMetricOf(task));
  const rows = [
    ['what could be had, on validation data', metric, 'file', 'prediction', 'memory'],
    ...tradeOff.map(({ what, score, sizeBytes, latencyMs, memoryBytes }, at) => [
      safeText(at === 0 ? `${what} (kept)` : what, 60),
      formatNumber(score),
      formatBytes(sizeBytes),
      formatMilliseconds(latencyMs),
      formatBytes(memoryBytes),
    ]),
  ];
  const widths = rows[0]!.map((_, at) => Math.max(...rows.map((row) => row[at]!.length)));
  const isNarrow = widths.reduce((sum, width) => sum + width + 2, 2) > columns;
  if (isNarrow)
    return [
      '',
      ...rows.slice(1).flatMap(([what, ...values]) => [`  ${what}`, `    ${colours.dim(values.join(', '))}`]),
    ];
  return [
    '',
    ...rows.map((row, at) => {
      const line = row
        .map((cell, column) => (column === 0 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!)))
        .join('  ');
      return `  ${at === 0 ? colours.dim(line) : line}`;
    }),
  ];
}

/** One row of the panel's table. */
interface PanelRow {
  readonly name: string;
  readonly value: string;
  readonly remark?: string;
  readonly colour?: (text: string) => string;
}

/** A line a row; where it does not fit, what is too much goes below. */
function tableLines(rows: readonly PanelRow[], columns: number, colours: Colours): string[] {
  const width = Math.max(...rows.map(({ name }) => name.length));
  return rows.flatMap(({ name, value, remark, colour = String }) => {
    const room = columns - width - 4;
    const start = `  ${colours.dim(name.padEnd(width))}  `;
    if (value.length > room) return [`  ${colours.dim(name)}`, `    ${colour(value)}`, ...remarkBelow(4)];
    if (remark === undefined) return [`${start}${colour(value)}`];
    if (value.length + 1 + remark.length <= room) return [`${start}${colour(value)} ${colours.dim(remark)}`];
    return [`${start}${colour(value)}`, ...remarkBelow(remark.length <= room ? width + 4 : 4)];

    function remarkBelow(indent: number): string[] {
      return remark === undefined ? [] : [`${' '.repeat(indent)}${colours.dim(remark)}`];
    }
  });
}

/** Lines of at most `most` characters, cut between words. */
function wrapWords(text: string, most: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= most) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}

function verdictMark(facts: RunFacts, colours: Colours): string {
  const { tone } = standing(facts);
  return colours[tone === 'good' ? 'green' : tone === 'warn' ? 'yellow' : 'red']('●');
}

function nextSteps(facts: RunFacts, files: OutputFiles, shown: (path: string) => string): readonly string[] {
  const folder = shellWord(shown(files.folder));
  if (facts.status === 'complete' && files.modelPath) {
    const model = shellWord(shown(files.modelPath));
    return [
      `traineragent predict ${model} --data FILE`,
      `traineragent serve ${model}`,
      ...(files.reportPath ? [`open ${shellWord(shown(files.reportPath))}`] : []),
    ];
  }
  if (facts.status === 'declined') return files.reportPath ? [`open ${shellWord(shown(files.reportPath))}`] : [];
  if (facts.status !== 'paused') return [];
  const answers = (facts.questions ?? []).map(({ question, default: proposal }) => {
    const value = proposal === undefined ? 'VALUE' : typed(question, proposal);
    return ` --answer ${shellWord(`${safeText(question)}=${safeText(value)}`)}`;
  });
  return [`traineragent resume ${folder}${answers.join('')}`];
}

/** An answer as it is typed after `--answer QUESTION=`. */
function typed(question: string, answer: unknown): string {
  const short = shortAnswer(question, answer);
  return typeof short === 'string' ? short : JSON.stringify(short);
}

function shortest(path: string, cwd: string): string {
  const short = relative(cwd, path);
  return short === '' ? '.' : short.startsWith('..') || short.length > path.length ? path : short;
}
