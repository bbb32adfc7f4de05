import type { TaskSpec } from '../../core/task-spec.ts';
import { code, createCitations, md } from './card-text.ts';
import { forecastRows } from './forecast-rows.ts';
import { formHeads, formRow, scoredInFloat32, validationHead } from './form-rows.ts';
import type { ResourceFacts, RunFacts } from './report-facts.ts';
import { valuesTold } from './values-held.ts';
import { whereWords } from './where-words.ts';
import {
  decidedByName,
  formatBytes,
  formatConfiguration,
  formatInterval,
  formatMilliseconds,
  formatNumber,
  formatSetting,
  formatShare,
  isLessBetter,
  metricName,
  sourceName,
  standing,
} from './wording.ts';

type Cite = (...records: readonly (string | undefined)[]) => string;

const taskSentence = {
  binary: 'Tells which of two classes is',
  multiclass: 'Tells the class of',
  regression: 'Estimates',
} as const;

/**
 * The model card as Markdown, in the order of Mitchell et al., "Model cards for model reporting", 2019. Every sentence with a
 * number cites the record of the journal that holds it; text of the data and of the request is escaped.
 */
export function cardMarkdown(facts: RunFacts): string {
  const { cite, footnotes } = createCitations(facts.records);
  const parts: readonly (readonly [title: string, lines: readonly string[]])[] = [
    ['Model details', detailLines(facts, cite)],
    ['Intended use', useLines(facts, cite)],
    ['Data', dataLines(facts, cite)],
    ['Scores', scoreLines(facts, cite)],
    ['What it depends on', importanceLines(facts, cite)],
    ['Where it errs', errorLines(facts, cite)],
    ['Fairness', fairnessLines(facts, cite)],
    ['Limits', limitLines(facts, cite)],
    ['Resources', resourceLines(facts, cite)],
    ['How it was decided', decisionLines(facts, cite)],
    ['Values of the data in the file', valueLines(facts, cite)],
    ['Origin', originLines(facts)],
  ];
  const lines = [
    `# Model card: ${facts.task ? md(facts.task.target.value) : 'no model'}`,
    '',
    `**Verdict:** ${standing(facts).name}.`,
    '',
    ...facts.verdict.reasons.map(({ message, record }) => `- ${md(message)}${cite(record)}`),
    ...(facts.verdict.offer === undefined
      ? []
      : [`- ${md(facts.verdict.offer)}${cite(...facts.verdict.reasons.map(({ record }) => record))}`]),
    '',
  ];
  for (const [title, body] of parts) if (body.length > 0) lines.push(`## ${title}`, '', ...body, '');
  const notes = footnotes();
  if (notes.length > 0)
    lines.push(
      '---',
      '',
      'The numbers in brackets are records of the run’s journal; `traineragent verify` recomputes them.',
      '',
      ...notes,
      '',
    );
  return lines.join('\n').replace(/\n{3,}/g, '\n\n');
}

function detailLines({ winner, task, data }: RunFacts, cite: Cite): string[] {
  if (!winner) return [];
  return [
    ...(task
      ? [
          `${taskSentence[task.task.value]} ${code(task.target.value)} from ${task.inputs.value.map(code).join(', ')}.${cite(data?.preparedRecord)}`,
          '',
        ]
      : []),
    ...winner.members.map(
      ({ weight, learner, configuration, iterations }) =>
        `- ${formatShare(weight)} ${md(learner)}: ${md(formatConfiguration(configuration) || 'defaults')}${iterations === undefined ? '' : `, fitted for ${formatNumber(iterations)} iterations`}${cite(winner.membersRecord)}`,
    ),
    ...(winner.classWeight ? [`- classes: ${md(winner.classWeight.about)}${cite(winner.classWeight.record)}`] : []),
    ...(winner.calibration ? [`- calibration: ${md(winner.calibration.method)}${cite(winner.record)}`] : []),
    ...(winner.decisionRule ? [`- decision: ${md(winner.decisionRule)}${cite(winner.record)}`] : []),
  ];
}

function useLines({ request, task }: RunFacts, cite: Cite): string[] {
  const lines: string[] = [];
  if (request.prompt)
    lines.push('The request that it was made for:', '', `> ${md(request.prompt)}${cite(request.record)}`, '');
  lines.push(
    'It answers for rows like those it has learned from, and says what goes together with the target, not what brings it about.',
  );
  for (const { quote, code: reason } of task?.unsupported ?? [])
    lines.push(`- not for: “${md(quote)}” (${reason}), which was asked and can’t be had here`);
  return lines;
}

function dataLines({ data, split }: RunFacts, cite: Cite): string[] {
  if (!data) return [];
  const lines = [`${formatNumber(data.rowsRead)} rows were read.${cite(data.record)}`];
  if (split) {
    lines.push(
      split.vaultRows > 0
        ? `${formatNumber(split.trainRows)} rows were learned from, and ${formatNumber(split.vaultRows)} held back for the final score (${md(split.method)}).${cite(split.record)}`
        : `${formatNumber(split.trainRows)} rows were learned from; they are too few to hold any back.${cite(split.record)}`,
    );
    if (split.vaultReads === 1) lines.push('The rows held back were read once.');
    if (split.vaultReads > 1)
      lines.push(
        `The rows held back were read ${split.vaultReads} times over all runs on these data: the score may flatter.`,
      );
  }
  return [
    ...lines,
    '',
    ...data.setAside.map(
      ({ count, reason, record }) => `- set aside: ${formatNumber(count)} rows, ${md(reason)}${cite(record)}`,
    ),
    ...data.steps.map(
      ({ what, count, record }) =>
        `- ${md(what)}${count === undefined ? '' : ` (${formatNumber(count)})`}${cite(record)}`,
    ),
  ];
}

function scoreLines(facts: RunFacts, cite: Cite): string[] {
  const { scores, baseline, crossValidation, split } = facts;
  if (scores.length === 0) return [];
  const note = scoredInFloat32(facts);
  const lines = [
    split && split.vaultRows > 0
      ? 'On the rows held back, which nothing was chosen by.'
      : 'By nested cross-validation, since there are too few rows to hold any back.',
    ...(note === undefined ? [] : ['', note]),
    '',
    '| metric | value | 95 % interval | baseline | target |',
    '| --- | ---: | ---: | ---: | --- |',
    ...scores.map((score) => {
      const base = baseline?.scores.find(({ metric }) => metric === score.metric);
      const target =
        score.threshold === undefined
          ? ''
          : `${isLessBetter(score.metric) ? '≤' : '≥'} ${formatSetting(score.threshold)}${score.meets === undefined ? '' : score.meets ? ', met' : ', not met'}`;
      return `| ${metricName(score.metric)}${cite(score.record)} | ${formatNumber(score.value)} | ${formatInterval(score.low, score.high)} | ${base ? formatNumber(base.value) : ''} | ${target} |`;
    }),
    '',
    ...(baseline?.about ? [`The baseline: ${md(baseline.about)}`] : []),
  ];
  if (crossValidation) {
    const { metric, value, low, high, folds, repeats, record } = crossValidation;
    lines.push(
      '',
      `Repeated cross-validation (${repeats} × ${folds} folds) gives ${metricName(metric)} ${formatNumber(value)} (${formatInterval(low, high)}).${cite(record)}`,
    );
  }
  return lines;
}

function importanceLines({ explanation }: RunFacts, cite: Cite): string[] {
  const importance = explanation?.importance;
  if (!importance || importance.columns.length === 0) return [];
  const where = importance.on === 'vault' ? 'rows held back' : 'rows that it has learned from';
  return [
    `By how much ${metricName(importance.metric)} ${isLessBetter(importance.metric) ? 'rises' : 'falls'} where a column is shuffled, on ${formatNumber(importance.rows)} ${where}, with 95 % intervals. It is no statement about causes.${cite(importance.record)}`,
    '',
    ...importance.columns
      .slice(0, 10)
      .map(
        ({ column, drop, low, high }) =>
          `- ${code(column)} ${formatNumber(drop)} (${formatInterval(low, high)})${cite(importance.record)}`,
      ),
  ];
}

function errorLines({ explanation, task }: RunFacts, cite: Cite): string[] {
  if (!explanation) return [];
  const { errors } = explanation;
  const isShare = task?.task.value !== 'regression';
  const shown = isShare ? formatShare : formatNumber;
  const { found, lookedAt } = errors.slices;
  return [
    isShare
      ? `Out of fold, ${formatNumber(errors.wrong)} of ${formatNumber(errors.judged)} rows are predicted wrongly.${cite(errors.record)}`
      : `Out of fold, the mean absolute error is ${formatNumber(errors.loss)} over ${formatNumber(errors.judged)} rows.${cite(errors.record)}`,
    found.length === 0
      ? `None of ${formatNumber(lookedAt)} slices errs more than the others beyond chance.${cite(errors.record)}`
      : `Of ${formatNumber(lookedAt)} slices these err more than the others, beyond the chance of having looked at so many (simultaneous 95 % intervals):${cite(errors.record)}`,
    '',
    ...found.map(
      ({ where, rows, loss, low, high, elsewhere }) =>
        `- ${md(where.map(whereWords).join(' and '))}: ${shown(loss)} (${shown(low)} – ${shown(high)}) of ${formatNumber(rows)} rows, elsewhere ${shown(elsewhere)}${cite(errors.record)}`,
    ),
  ];
}

function fairnessLines({ task, explanation, split }: RunFacts, cite: Cite): string[] {
  if (!task || task.fairness.length === 0) return [];
  const lines = [
    ...task.fairness.map(
      ({ column, quote }) => `Asked: “${md(quote)}” (${code(column)}). It is measured, not enforced.`,
    ),
    '',
  ];
  const groups = explanation?.groups ?? [];
  if (groups.length === 0)
    lines.push(
      (split?.vaultRows ?? 0) > 0
        ? 'No score by group was measured.'
        : 'Without rows held back there is no score by group.',
    );
  for (const { column, metric, groups: scored, gap, otherRows, record } of groups) {
    for (const { where, rows, value, low, high, predictedPositive } of scored)
      lines.push(
        `- ${md(whereWords(where))}: ${metricName(metric)} ${value === undefined || low === undefined || high === undefined ? 'has no value' : `${formatNumber(value)} (${formatInterval(low, high)})`} on ${formatNumber(rows)} rows${predictedPositive === undefined ? '' : `, ${formatShare(predictedPositive)} predicted positive`}${cite(record)}`,
      );
    if (otherRows > 0)
      lines.push(
        `- ${formatNumber(otherRows)} rows are in groups of ${code(column)} too small for a score${cite(record)}`,
      );
    lines.push(
      gap === undefined
        ? `- no difference between groups of ${code(column)} is beyond chance, which is no proof that there is none`
        : `- between the best and the worst group of ${code(column)} lie ${formatNumber(gap)}, and their intervals do not touch${cite(record)}`,
    );
  }
  return lines;
}

function limitLines({ checks, notDone }: RunFacts, cite: Cite): string[] {
  return [
    ...checks
      .filter(({ outcome }) => outcome !== 'passed')
      .map(({ outcome, message, record }) => `- ${outcome}: ${md(message)}${cite(record)}`),
    ...notDone.map(({ what, why, record }) => `- not done: ${md(what)} – ${md(why)}${cite(record)}`),
  ];
}

/** The forms of the model. */
function formLines({ forms, task }: Omit<RunFacts, 'resources'>, cite: Cite): string[] {
  if (forms === undefined) return [];
  const heads = formHeads(task);
  return [
    '',
    `| ${heads.join(' | ')} |`,
    `| ${heads.map(() => '---').join(' | ')} |`,
    ...forms.map(
      (form) =>
        `| ${formRow(form)
          .map((cell) => md(cell ?? '–'))
          .join(' | ')}${cite(form.record)} |`,
    ),
    '',
  ];
}

function resourceLines({ resources, ...facts }: RunFacts, cite: Cite): string[] {
  if (!resources) return [];
  const { sizeBytes, latencyMs, memoryBytes, record } = resources;
  return [
    `- file: ${formatBytes(sizeBytes)}${cite(record)}`,
    ...(latencyMs
      ? [
          `- one prediction: half within ${formatMilliseconds(latencyMs.p50)}, 99 of 100 within ${formatMilliseconds(latencyMs.p99)}, measured on the machine that made it${cite(record)}`,
        ]
      : []),
    ...(memoryBytes === undefined ? [] : [`- memory: ${formatBytes(memoryBytes)}${cite(record)}`]),
    ...forecastLines(resources, cite),
    ...formLines(facts, cite),
    ...tradeOffLines(resources, facts.task, cite),
  ];
}

/** Forecasts beside what was measured. */
function forecastLines(resources: ResourceFacts, cite: Cite): string[] {
  return [
    '',
    '| resource | before training | before deployment | measured |',
    '| --- | --- | --- | --- |',
    ...forecastRows(resources).map(
      ({ name, values }) =>
        `| ${name} | ${values.map((value) => value ?? '–').join(' | ')}${cite(resources.forecastRecord)} |`,
    ),
    '',
  ];
}

/** What else could be had where a limit is missed. */
function tradeOffLines({ tradeOff, forecastRecord }: ResourceFacts, task: TaskSpec | undefined, cite: Cite): string[] {
  if (tradeOff === undefined) return [];
  return [
    `A limit of the request is not met. These could be had, each measured; the first was kept.${cite(forecastRecord)}`,
    '',
    `| model | ${validationHead(task)} | file | one prediction | memory |`,
    '| --- | --- | --- | --- | --- |',
    ...tradeOff.map(
      ({ what, score, sizeBytes, latencyMs, memoryBytes }) =>
        `| ${md(what)} | ${formatNumber(score)} | ${formatBytes(sizeBytes)} | ${formatMilliseconds(latencyMs)} | ${formatBytes(memoryBytes)}${cite(forecastRecord)} |`,
    ),
    '',
  ];
}

function decisionLines({ decisions, task, trials, searchRecord }: RunFacts, cite: Cite): string[] {
  const lines: string[] = [];
  if (task)
    lines.push(
      `The target comes from ${sourceName[task.target.source]}, the metric from ${sourceName[task.metrics[0]!.source]}.`,
    );
  if (trials.length > 0)
    lines.push(`The search made ${formatNumber(trials.length)} trials on validation folds.${cite(searchRecord)}`);
  if (decisions.length === 0) return lines;
  return [
    ...lines,
    '',
    '| question | answer | by | why |',
    '| --- | --- | --- | --- |',
    ...decisions.map(
      ({ question, answer, by, why, record }) =>
        `| ${code(question)}${cite(record)} | ${md(answer)} | ${decidedByName[by]} | ${md(why ?? '')} |`,
    ),
  ];
}

function valueLines({ valuesHeld, data }: RunFacts, cite: Cite): string[] {
  if (valuesHeld === undefined) return [];
  return [
    ...valuesHeld.map(({ column, what }) => `- ${code(column)}: ${md(what)}${cite(data?.preparedRecord)}`),
    '',
    `The list is of the model file. ${valuesTold.replace('this tells', 'this card and the report tell')}`,
  ];
}

function originLines({ environment, hashes, deterministic }: RunFacts): string[] {
  return [
    ...Object.entries(environment).map(([name, version]) => `- ${md(name)} ${md(version)}`),
    ...Object.entries(hashes).map(([name, hash]) => `- ${md(name)} ${code(hash)}`),
    deterministic
      ? '- the same request, data, seed and version give this file again on the same kind of processor'
      : '- a measured time or the clock changed a choice: another run may give another file',
  ];
}
