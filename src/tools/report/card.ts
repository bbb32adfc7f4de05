import type { Json } from '../../core/helpers/canonical-json.ts';
import { answerBesideVerdict } from './answer-beside-verdict.ts';
import { visible } from './html.ts';
import type { RunFacts } from './report-facts.ts';
import {
  formatBytes,
  formatConfiguration,
  formatInterval,
  formatMilliseconds,
  formatNumber,
  formatSetting,
  formatShare,
  isLessBetter,
  metricName,
  verdictName,
} from './wording.ts';

type JsonObject = { readonly [key: string]: Json | undefined };

/**
 * The part of the model card that depends on nothing but request, data, seed and version: no time, no id, no path, no
 * latency. It goes into the model file's `metadata_props`, so that the same run gives the same bytes.
 */
export function clockFreeCard(facts: RunFacts): JsonObject {
  const { model: _ownHash, ...hashes } = facts.hashes;
  return plain({
    formatVersion: 1,
    task: facts.task?.task.value,
    target: facts.task?.target.value,
    metrics: facts.task?.metrics.map(({ metric, threshold }) => ({ metric, threshold })),
    data: facts.data && {
      rowsRead: facts.data.rowsRead,
      rowsUsed: facts.data.rowsUsed,
      setAside: facts.data.setAside,
      columns: facts.data.columns,
      steps: facts.data.steps.map(({ what, count }) => ({ what, count })),
    },
    split: facts.split && {
      method: facts.split.method,
      trainRows: facts.split.trainRows,
      vaultRows: facts.split.vaultRows,
      folds: facts.split.folds,
      repeats: facts.split.repeats,
    },
    checks: facts.checks.map(({ id, outcome, message }) => ({ id, outcome, message })),
    winner: facts.winner && {
      members: facts.winner.members,
      validationScore: facts.winner.validationScore,
      calibration: facts.winner.calibration,
      decisionRule: facts.winner.decisionRule,
      compression: facts.winner.compression,
    },
    importances: facts.importances,
    valuesHeld: facts.valuesHeld,
    notDone: facts.notDone,
    environment: {
      traineragent: facts.environment.traineragent,
      opset: facts.environment.opset,
      runtime: facts.environment.runtime,
    },
    hashes,
    deterministic: facts.deterministic,
  });
}

/** The whole model card as plain JSON (`card.json`), keyed by the model file's hash. */
export function cardJson(facts: RunFacts): JsonObject {
  return plain({
    ...clockFreeCard(facts),
    model: facts.hashes.model,
    runId: facts.runId,
    startedAt: facts.startedAt,
    request: facts.request,
    verdict: facts.verdict,
    scores: facts.scores,
    baseline: facts.baseline,
    crossValidation: facts.crossValidation,
    meetsTargets: facts.meetsTargets,
    vaultReads: facts.split?.vaultReads,
    trials: facts.trials.length,
    workUnits: facts.workUnits,
    resources: facts.resources,
    decisions: facts.decisions.map(({ question, by, answer, why, record }) => ({ question, by, answer, why, record })),
    environment: facts.environment,
    hashes: facts.hashes,
  });
}

/** The model card as Markdown (`card.md`); text of the data and the request is escaped. */
export function cardMarkdown(facts: RunFacts): string {
  const { task, data, winner, resources, split } = facts;
  const lines: string[] = [`# Model card: ${task ? md(task.target.value) : 'no model'}`, ''];
  for (const paragraph of answerBesideVerdict(facts)) lines.push(md(paragraph), '');
  lines.push(
    `**Verdict:** ${verdictName[facts.verdict.kind]}.${facts.verdict.reasons.map((reason) => ` ${md(reason.message)}`).join('')}`,
    '',
  );
  if (facts.request.prompt) lines.push('## Intended use', '', `> ${md(facts.request.prompt)}`, '');
  if (task)
    lines.push(
      `${taskSentence[task.task.value]} \`${code(task.target.value)}\` from ${task.inputs.value.map((name) => `\`${code(name)}\``).join(', ')}.`,
      '',
    );
  if (data) {
    lines.push('## Data', '', `${formatNumber(data.rowsRead)} rows read, ${formatNumber(data.rowsUsed)} used.`);
    if (split)
      lines.push(
        split.vaultRows > 0
          ? `${formatNumber(split.vaultRows)} rows held back for the final score (${md(split.method)}), read ${split.vaultReads} time(s).`
          : 'Too few rows to hold any back.',
      );
    lines.push(
      '',
      ...data.setAside.map((item) => `- set aside: ${formatNumber(item.count)} rows, ${md(item.reason)}`),
      ...data.steps.map(
        (step) => `- ${md(step.what)}${step.count === undefined ? '' : ` (${formatNumber(step.count)})`}`,
      ),
      '',
    );
  }
  if (facts.scores.length > 0) {
    lines.push(
      '## Scores',
      '',
      '| metric | value | 95 % interval | baseline | target |',
      '| --- | ---: | ---: | ---: | --- |',
    );
    for (const score of facts.scores) {
      const baseline = facts.baseline?.scores.find((item) => item.metric === score.metric);
      const target =
        score.threshold === undefined
          ? ''
          : `${isLessBetter(score.metric) ? '≤' : '≥'} ${formatSetting(score.threshold)}${score.meets === undefined ? '' : score.meets ? ', met' : ', not met'}`;
      lines.push(
        `| ${metricName(score.metric)} | ${formatNumber(score.value)} | ${formatInterval(score.low, score.high)} | ${baseline ? formatNumber(baseline.value) : ''} | ${target} |`,
      );
    }
    lines.push('');
  }
  if (facts.crossValidation) {
    const { metric, value, low, high, folds, repeats } = facts.crossValidation;
    lines.push(
      `Repeated cross-validation (${repeats} × ${folds} folds): ${metricName(metric)} ${formatNumber(value)} (${formatInterval(low, high)}).`,
      '',
    );
  }
  if (winner) {
    lines.push(
      '## Model',
      '',
      ...winner.members.map(
        (member) =>
          `- ${formatShare(member.weight)} ${md(member.learner)}: ${md(formatConfiguration(member.configuration) || 'defaults')}`,
      ),
    );
    if (winner.calibration) lines.push(`- calibration: ${md(winner.calibration.method)}`);
    if (winner.decisionRule) lines.push(`- decision: ${md(winner.decisionRule)}`);
    lines.push('');
  }
  if (facts.valuesHeld && facts.valuesHeld.length > 0) {
    lines.push(
      '## Values of the data in the file',
      '',
      ...facts.valuesHeld.map((item) => `- \`${code(item.column)}\`: ${md(item.what)}`),
      '',
    );
  }
  const used = facts.importances.filter((item) => item.share > 0).slice(0, 10);
  if (used.length > 0)
    lines.push(
      '## What it depends on',
      '',
      ...used.map((item) => `- \`${code(item.column)}\` ${formatShare(item.share)}`),
      '',
    );
  const findings = facts.checks.filter((check) => check.outcome !== 'passed');
  if (findings.length > 0 || facts.notDone.length > 0) {
    lines.push(
      '## Limits',
      '',
      ...findings.map((check) => `- ${check.outcome}: ${md(check.message)}`),
      ...facts.notDone.map((item) => `- not done: ${md(item.what)} – ${md(item.why)}`),
      '',
    );
  }
  if (resources) {
    lines.push('## Resources', '', `- file: ${formatBytes(resources.sizeBytes)}`);
    if (resources.latencyMs)
      lines.push(
        `- one prediction: p50 ${formatMilliseconds(resources.latencyMs.p50)}, p99 ${formatMilliseconds(resources.latencyMs.p99)} (measured)`,
      );
    if (resources.memoryBytes !== undefined) lines.push(`- memory: ${formatBytes(resources.memoryBytes)}`);
    lines.push('');
  }
  lines.push(
    '## Origin',
    '',
    ...Object.entries(facts.environment).map(([name, version]) => `- ${md(name)} ${md(version)}`),
    ...Object.entries(facts.hashes).map(([name, hash]) => `- ${md(name)} \`${code(hash)}\``),
    `- deterministic: ${facts.deterministic ? 'yes' : 'no'}`,
    '',
  );
  return lines.join('\n');
}

const taskSentence = {
  binary: 'Tells which of two classes is',
  multiclass: 'Tells the class of',
  regression: 'Estimates',
} as const;

/** Escapes what Markdown or the HTML within it would read as markup. */
const md = (text: string): string =>
  visible(text).replace(/[\\`*_{}[\]()#+!|<>~&$-]/g, (character) =>
    character === '<'
      ? '&lt;'
      : character === '>'
        ? '&gt;'
        : character === '&'
          ? '&amp;'
          : /[()+\-!.]/.test(character)
            ? character
            : `\\${character}`,
  );

/** Text inside a code span: backticks would end it, a bar would end a table's cell. */
const code = (text: string): string => visible(text).replace(/`/g, '’').replace(/\|/g, '¦');

/** Drops `undefined` and anything JSON has no form for. */
const plain = (value: object): JsonObject => JSON.parse(JSON.stringify(value)) as JsonObject;
