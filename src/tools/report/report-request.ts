import { formWords } from '../../core/helpers/model-forms.ts';
import type { Sourced, TaskSpec } from '../../core/task-spec.ts';
import { type Html, type HtmlValue, html } from './html.ts';
import type { RunFacts } from './report-facts.ts';
import { table } from './report-tables.ts';
import {
  formatBytes,
  formatMilliseconds,
  formatSeconds,
  formatSetting,
  isLessBetter,
  metricName,
  sourceName,
} from './wording.ts';

interface Field {
  readonly field: string;
  readonly value: HtmlValue;
  readonly source: Sourced<unknown>['source'] | undefined;
  readonly quote: string | undefined;
}

/** The request as it was understood, each field with where it came from. */
export function requestSection(facts: RunFacts): Html {
  const { request, task } = facts;
  return html`
${request.prompt ? html`<p class="prompt">${request.prompt}</p>` : html`<p class="quiet">No prompt: the host fixed the task.</p>`}
${
  task
    ? table(
        fields(task),
        [
          { head: 'field', kind: 'name', cell: (row) => row.field },
          { head: 'understood as', kind: 'wide', cell: (row) => row.value },
          { head: 'from', cell: (row) => row.source && sourceName[row.source] },
          { head: 'words', kind: 'wide', cell: (row) => row.quote && html`“${row.quote}”` },
        ],
        { caption: 'The request, field by field' },
      )
    : html`<p class="quiet">The request was not understood as a task.</p>`
}
${
  task &&
  task.unsupported.length > 0 &&
  html`<h3>Asked, and not possible here</h3><ul>${task.unsupported.map((item) => html`<li>“${item.quote}” <span class="quiet">(${item.code})</span></li>`)}</ul>`
}
<p class="small quiet">${settings(facts)}</p>`;
}

const taskName = {
  binary: 'classification, two classes',
  multiclass: 'classification, several classes',
  regression: 'regression (a number)',
} as const;

function fields(task: TaskSpec): readonly Field[] {
  const of = <T>(
    field: string,
    sourced: Sourced<T> | undefined,
    show: (value: T) => HtmlValue = (value) => String(value),
  ): readonly Field[] =>
    sourced ? [{ field, value: show(sourced.value), source: sourced.source, quote: sourced.quote }] : [];
  return [
    ...of('task', task.task, (value) => taskName[value]),
    ...of('target', task.target),
    ...of('positive class', task.positive),
    ...of('weight of classes', task.classWeight, (value) =>
      value === 'balanced' ? 'every class counts alike' : 'rows as they come',
    ),
    ...of('inputs', task.inputs, (value) => `${value.length} columns: ${listed(value)}`),
    ...of('weight', task.roles.weight),
    ...of('group', task.roles.group),
    ...of('time', task.roles.time),
    ...of('entity', task.roles.entity),
    ...task.roles.ignore.flatMap((column) => of('left out', column)),
    ...task.metrics.map((wish, i) => ({
      field: i === 0 ? 'metric' : 'metric, too',
      value:
        wish.threshold === undefined
          ? metricName(wish.metric)
          : `${metricName(wish.metric)}, ${isLessBetter(wish.metric) ? 'at most' : 'at least'} ${formatSetting(wish.threshold)}`,
      source: wish.source,
      quote: wish.quote,
    })),
    ...of('latency', task.limits.latencyMs, (value) => `at most ${formatMilliseconds(value)} a prediction`),
    ...of('size', task.limits.sizeBytes, (value) => `at most ${formatBytes(value)}`),
    ...of('memory', task.limits.memoryBytes, (value) => `at most ${formatBytes(value)}`),
    ...of('training time', task.limits.trainSeconds, (value) => `at most ${formatSeconds(value)}`),
    ...(task.forms ?? []).map(({ form, source, quote }, i) => ({
      field: i === 0 ? 'form' : 'form, too',
      value: formWords[form],
      source,
      quote,
    })),
    ...task.fairness.map((item) => ({
      field: 'fairness',
      value: item.column,
      source: 'prompt' as const,
      quote: item.quote,
    })),
  ];
}

function listed(names: readonly string[]): string {
  const shown = names.slice(0, 30).join(', ');
  return names.length > 30 ? `${shown} and ${names.length - 30} more` : shown;
}

function settings({ request, runId }: RunFacts): string {
  const parts = [
    request.dataName && `data ${request.dataName}`,
    request.budget && `budget ${request.budget}`,
    request.seed !== undefined && `seed ${request.seed}`,
    `run ${runId}`,
  ];
  return parts.filter(Boolean).join(' · ');
}
