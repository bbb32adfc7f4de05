import { createHash } from 'node:crypto';
import { answerBesideVerdict } from './answer-beside-verdict.ts';
import { withMetricNames } from './answer-words.ts';
import { baselineScore } from './charts.ts';
import { Html, type HtmlValue, html } from './html.ts';
import { checksSection, dataSection } from './report-data.ts';
import { errorsSection, groupsSection, importanceSection, learningCurveSection } from './report-explanation.ts';
import type { RunFacts } from './report-facts.ts';
import { curvesSection, resourcesSection, trialsSection, winnerSection } from './report-model.ts';
import { requestSection } from './report-request.ts';
import { reportStyle } from './report-style.ts';
import { foldedTable, pill, recordOf, table } from './report-tables.ts';
import {
  decidedByName,
  formatBytes,
  formatInterval,
  formatMilliseconds,
  formatNumber,
  formatSeconds,
  formatTarget,
  metricName,
  standing,
} from './wording.ts';

/**
 * The report of a run as one self-contained HTML page: no script, no network (its content security policy forbids both),
 * charts as SVG, light and dark, fit for paper. All text of the data and of the request is escaped.
 */
export async function reportHtml(facts: RunFacts): Promise<string> {
  const sections = (await sectionsOf(facts)).filter(
    (section): section is { id: string; title: string; body: Html } => section.body !== undefined,
  );
  const styleHash = createHash('sha256').update(reportStyle).digest('base64');
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'sha256-${new Html(styleHash)}'; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>${title(facts)}</title>
<style>${new Html(reportStyle)}</style>
</head>
<body>
<header>
${pill(standing(facts).name, standing(facts).tone)}
<h1>${title(facts)}</h1>
${answerParagraphs(answerBesideVerdict(facts))}
${keyFigures(facts)}
<nav aria-label="Contents">${sections.map((section) => html`<a href="#${section.id}">${section.title}</a> `)}</nav>
</header>
<main>
${sections.map(
  (
    section,
  ) => html`<section id="${section.id}" aria-labelledby="${section.id}-title"><h2 id="${section.id}-title">${section.title}</h2>${section.body}</section>
`,
)}
</main>
<footer>
${Object.entries(facts.environment).map(([name, version], i) => `${i > 0 ? ' · ' : ''}${name} ${version}`)}<br>
${Object.entries(facts.hashes).map(([name, hash]) => html`${name} <code>${hash}</code><br>`)}
${facts.startedAt && html`started ${facts.startedAt} · `}run ${facts.runId}${facts.hashes.model && ' · '}${facts.hashes.model && (facts.deterministic ? 'the same request, data and seed give the same model' : 'a measured time or the clock changed a choice: another run may differ')}
</footer>
</body>
</html>
`.text;
}

async function sectionsOf(facts: RunFacts): Promise<readonly { id: string; title: string; body: Html | undefined }[]> {
  return [
    { id: 'request', title: 'The request as understood', body: requestSection(facts) },
    { id: 'verdict', title: 'Verdict', body: verdictSection(facts) },
    { id: 'data', title: 'Data', body: await dataSection(facts) },
    { id: 'checks', title: 'Checks', body: checksSection(facts.checks) },
    { id: 'winner', title: 'Winner against baseline', body: await winnerSection(facts) },
    { id: 'curves', title: 'Curves', body: await curvesSection(facts.curves) },
    { id: 'importance', title: 'What it depends on', body: await importanceSection(facts) },
    { id: 'errors', title: 'Where it errs', body: errorsSection(facts) },
    { id: 'groups', title: 'Scores by group', body: await groupsSection(facts) },
    { id: 'more-rows', title: 'Would more rows help?', body: await learningCurveSection(facts) },
    { id: 'trials', title: 'Trials', body: await trialsSection(facts) },
    { id: 'resources', title: 'Resources', body: resourcesSection(facts) },
    { id: 'values', title: 'Values of the data in the file', body: valuesSection(facts) },
    { id: 'decisions', title: 'Decisions', body: decisionsSection(facts) },
    { id: 'messages', title: 'Between the agents', body: messagesSection(facts) },
    { id: 'not-done', title: 'What was not done', body: notDoneSection(facts) },
  ];
}

function title({ task, request }: RunFacts): string {
  if (!task) return request.dataName ? `A request on ${request.dataName}` : 'A request';
  return `Predicting ${task.target.value}`;
}

/** Paragraphs, and as a list what begins with a dash. */
function answerParagraphs(paragraphs: readonly string[]): Html[] {
  const isItem = (text: string | undefined) => text?.startsWith('- ') === true;
  return paragraphs.flatMap((paragraph, at) => {
    if (!isItem(paragraph)) return [html`<p class="lead">${paragraph}</p>`];
    if (isItem(paragraphs[at - 1])) return [];
    const end = paragraphs.findIndex((text, i) => i > at && !isItem(text));
    const items = paragraphs.slice(at, end < 0 ? undefined : end);
    return [html`<ul class="lead">${items.map((text) => html`<li>${text.slice(2)}</li>`)}</ul>`];
  });
}

function keyFigures(facts: RunFacts): Html | undefined {
  const score = facts.scores[0];
  const baseline = score && baselineScore(facts.baseline, score.metric);
  const latency = facts.resources?.latencyMs;
  const items: (readonly [string, string, HtmlValue])[] = [];
  if (score) {
    items.push([metricName(score.metric), formatNumber(score.value), `95 %: ${formatInterval(score.low, score.high)}`]);
    if (baseline) items.push(['baseline', formatNumber(baseline.value), formatInterval(baseline.low, baseline.high)]);
    if (score.threshold !== undefined)
      items.push([
        'target',
        formatTarget(score.metric, score.threshold),
        score.meets === undefined ? undefined : score.meets ? 'met' : 'not met',
      ]);
  }
  if (facts.resources) items.push(['model file', formatBytes(facts.resources.sizeBytes), 'ONNX']);
  if (latency)
    items.push([
      'one prediction',
      formatMilliseconds(latency.p50),
      `99 of 100 within ${formatMilliseconds(latency.p99)}`,
    ]);
  if (facts.data)
    items.push([
      'rows',
      formatNumber(facts.data.rowsUsed),
      facts.task
        ? `${facts.data.columns.filter((column) => column.role === 'input').length} inputs`
        : `${facts.data.columns.length} columns`,
    ]);
  if (facts.seconds !== undefined)
    items.push(['time', formatSeconds(facts.seconds), facts.trials.length > 0 && `${facts.trials.length} trials`]);
  return items.length === 0
    ? undefined
    : html`<dl class="key">${items.map(([name, value, note]) => html`<div><dt>${name}</dt><dd>${value}<small>${note}</small></dd></div>`)}</dl>`;
}

function verdictSection(facts: RunFacts): Html {
  const { verdict, questions, meetsTargets } = facts;
  return html`
<p>${pill(standing(facts).name, standing(facts).tone)}${meetsTargets !== undefined && html` ${pill(meetsTargets ? 'targets met' : 'targets not met', meetsTargets ? 'good' : 'warn')}`}</p>
${verdict.reasons.length > 0 ? html`<ul>${verdict.reasons.map((reason) => html`<li>${reason.message} <span class="quiet small">${reason.code}</span></li>`)}</ul>` : html`<p>Nothing stands against it.</p>`}
${verdict.offer && html`<p><strong>${verdict.offer}</strong></p>`}
${
  questions &&
  questions.length > 0 &&
  html`<h3>Questions to answer</h3>${table(
    questions,
    [
      { head: 'question', kind: 'name', cell: (row) => html`<code>${row.question}</code>` },
      { head: 'about', kind: 'wide', cell: (row) => row.about },
      { head: 'default', cell: (row) => row.default !== undefined && JSON.stringify(row.default) },
      { head: 'what it changes', kind: 'wide', cell: (row) => row.changes },
    ],
    { caption: 'Questions to answer' },
  )}`
}`;
}

function decisionsSection({ decisions }: RunFacts): Html | undefined {
  if (decisions.length === 0) return undefined;
  return foldedTable(
    decisions,
    30,
    'decisions',
    [
      { head: 'question', kind: 'name', cell: (row) => html`<code>${row.question}</code>` },
      { head: 'answer', kind: 'wide', cell: (row) => row.answer },
      { head: 'by', cell: (row) => decidedByName[row.by] },
      { head: 'why', kind: 'wide', cell: (row) => row.why },
      { head: 'record', cell: (row) => recordOf(row.record) },
    ],
    { caption: 'Decisions of the run' },
  );
}

function messagesSection({ messages }: RunFacts): Html | undefined {
  if (messages.length === 0) return undefined;
  return foldedTable(
    messages,
    12,
    'messages',
    [
      { head: 'stage', kind: 'name', cell: (row) => row.stage },
      { head: 'from', cell: (row) => row.from },
      { head: 'to', cell: (row) => row.to },
      { head: 'what', kind: 'wide', cell: (row) => withMetricNames(row.summary) },
    ],
    { caption: 'Messages of the agents' },
  );
}

function notDoneSection({ notDone }: RunFacts): Html | undefined {
  if (notDone.length === 0) return undefined;
  return html`<ul>${notDone.map((item) => html`<li>${item.what} <span class="quiet">– ${item.why}</span></li>`)}</ul>`;
}

function valuesSection({ valuesHeld }: RunFacts): Html | undefined {
  if (!valuesHeld || valuesHeld.length === 0) return undefined;
  return foldedTable(
    valuesHeld,
    20,
    'columns',
    [
      { head: 'column', kind: 'name', cell: (row) => row.column },
      { head: 'what the model file holds of it', kind: 'wide', cell: (row) => row.what },
    ],
    { caption: 'Values of the data in the model file' },
  );
}
