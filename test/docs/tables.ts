import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { builtInQuestions } from '../../src/agents/questions.ts';
import { builtInStages } from '../../src/agents/stages.ts';
import { operators } from '../../src/backends/onnx/autodiff/operators.ts';
import { isImportable } from '../../src/backends/onnx/import/lower-graph.ts';
import { errorTable } from '../../src/core/errors.ts';
import type { EventType } from '../../src/core/events.ts';
import { type Evidence, type ReasonCode, reasonKinds } from '../../src/core/verdict.ts';
import { verdictMessage } from '../../src/core/verdict-messages.ts';
import { missingSpellings } from '../../src/tools/data/columns/missing.ts';
import { booleanPairs } from '../../src/tools/data/columns/parse-boolean.ts';
import { metrics } from '../../src/tools/evaluate/metrics.ts';

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');
const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows].map((row) => `| ${row.map(cell).join(' | ')} |`).join('\n');
const code = (text: string): string => `\`${text}\``;

/** When each event comes; a new event has no page until it is here. */
const when: Readonly<Record<EventType, string>> = {
  'run-start': 'once a process, first; `resumed` where an earlier process worked on this run',
  'stage-start': 'a stage begins; not again where a resumed run only replays it',
  'stage-progress': 'work goes on; the only event that a slow reader may lose, and then the next one says how many',
  'stage-end': 'a stage has given its message',
  message: 'what one agent tells another, after its schema was checked and it was journalled',
  decision: 'a question was answered and journalled; `ordinal` counts the same question within a stage',
  'decision-pending': 'the run ends paused, because somebody has to answer',
  'model-call': 'a language model is asked (with the exact text, before it leaves), answers, or fails',
  'tool-call': 'a tool starts, ends, or starts again because its process ended',
  'trial-start': 'a configuration of a learner goes to its validation folds',
  'trial-end': 'its score, in the metric that was asked; `best` where it leads on all folds',
  checkpoint: 'a journal record is on disk',
  'listener-error': 'a listener of the host threw or rejected; the run goes on',
  'run-end': 'exactly once, last',
};

export function eventsTable(): string {
  const source = readFileSync(new URL('../../src/core/events.ts', import.meta.url), 'utf8');
  const bodies = source.slice(source.indexOf('interface EventBodies'), source.indexOf('/** The name of an event. */'));
  return table(
    ['event', 'when', 'members'],
    (Object.keys(when) as EventType[]).map((type) => {
      const start = new RegExp(`^  '?${type}'?: \\{`, 'm').exec(bodies)!;
      const rest = bodies.slice(start.index + start[0].length);
      const end = /^[^\n]*\};$/m.exec(rest.slice(0, rest.indexOf('\n'))) ?? /^ {2}\};/m.exec(rest)!;
      const body = rest.slice(0, end.index === 0 ? end[0].length - 2 : end.index).replace(/\{[^{}]*\}/g, ''); // not members of members
      const members = [...body.matchAll(/(?:^ {4}|[{;] |^ )readonly (\w+\??):/gm)].map((match) => code(match[1]!));
      return [code(type), when[type], members.join(', ')];
    }),
  );
}

export function metricsTable(): string {
  return table(
    ['metric', 'tasks', 'better', 'looks at', 'what it is'],
    Object.values(metrics).map(({ id, tasks, greaterIsBetter, needs, about }) => [
      code(id),
      tasks.length > 1 ? 'classes' : 'numbers',
      greaterIsBetter ? 'more' : 'less',
      needs,
      about,
    ]),
  );
}

export function errorsTable(): string {
  return table(
    ['code', 'what it means'],
    Object.entries(errorTable).map(([name, about]) => [code(name), about]),
  );
}

const sample: Evidence = {
  rows: 60,
  least: 20,
  columns: 3,
  classes: 2,
  target: 'price',
  column: 'price',
  kind: 'text',
  metric: 'accuracy',
  value: 0.71,
  low: 0.66,
  high: 0.76,
  baseline: 0.7,
  threshold: 0.9,
  gap: 0.12,
  share: 0.04,
  score: 0.99,
  question: 'task.plan',
  options: ['price', 'rent'],
  default: 'price',
  quote: '…',
  wish: 'EXPLANATIONS',
  limit: 'latencyMs',
  wished: 1,
  measured: 4,
};
const lists: Partial<Readonly<Record<ReasonCode, Evidence>>> = {
  FORM_NOT_DELIVERED: { form: 'int8', why: 'It loses 0.02 of the validation score, more than 0.005.' },
  SEVERAL_TARGETS: { columns: ['price', 'rent'] },
  TEXT_SET_ASIDE: { columns: ['notes'] },
  TOO_FEW_ROWS: { rows: 12 },
  SCORE_UNDEFINED: { metric: 'rocAuc', why: 'one class alone occurs' },
  TASK_ASSUMED: { distinct: 60 },
  TOO_FEW_OF_CLASS: { rows: 3, least: 5 },
  MANY_CLASSES: { classes: 60 },
  LIMIT_BELOW_MEASURED: { value: 4 },
};

export function verdictsTable(): string {
  return table(
    ['code', 'leads at least to', 'what is said (with example facts)'],
    Object.entries(reasonKinds).map(([name, kind]) => [
      code(name),
      kind,
      verdictMessage({ code: name as ReasonCode, evidence: { ...sample, ...lists[name as ReasonCode] } }),
    ]),
  );
}

interface JsonSchema {
  readonly type?: string;
  readonly enum?: readonly string[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly items?: JsonSchema;
  readonly oneOf?: readonly JsonSchema[];
  readonly anyOf?: readonly JsonSchema[];
  readonly const?: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
}

/** A JSON Schema as a line. */
function shape(schema: JsonSchema): string {
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum !== undefined) return schema.enum.map((value) => `"${value}"`).join(' | ');
  if (schema.type === 'array') {
    const items = schema.items ?? {};
    const forms = items.oneOf ?? [];
    const inner = forms.length === 0 ? shape(items) : forms.length === 1 ? shape(forms[0]!) : 'step';
    return inner.includes('|') ? `(${inner})[]` : `${inner}[]`;
  }
  if (schema.type === 'object') {
    if (Object.keys(schema.properties ?? {}).length === 0) return '{…}';
    const members = Object.entries(schema.properties!).map(
      ([name, value]) => `${name}${schema.required?.includes(name) === true ? '' : '?'}: ${shape(value)}`,
    );
    return `{ ${members.join(', ')} }`;
  }
  if (schema.anyOf !== undefined) return schema.anyOf.map(shape).join(' | ');
  return schema.type ?? 'value';
}

/** Enough of every subject that answers can be shown; what stands for names of the data or of learners is told so. */
const subject = {
  columns: [{ name: 'COLUMN' }],
  suspects: [{ column: 'COLUMN' }],
  available: [{ name: 'LEARNER' }],
  spaces: { LEARNER: {} },
  variants: [{ id: 'VARIANT' }],
  forms: [{ form: 'int8' }],
  rows: 100_000,
  task: 'binary',
};

export function decisionsTable(): string {
  const rows = Object.entries(builtInQuestions).flatMap(([agent, questions]) =>
    questions.map((question) => {
      const schema = (question.answer as unknown as (of: typeof subject) => z.ZodType)(subject);
      const isOpen = 'open' in question && question.open !== undefined;
      return [
        code(question.id),
        agent,
        question.about,
        // The schema of the forms lists those that were made; the name of one stands for them.
        code(shape(z.toJSONSchema(schema) as JsonSchema).replaceAll('"int8"', '"FORM"')),
        isOpen
          ? 'where the rule is unsure; with none, the run pauses'
          : question.language === 'always'
            ? 'always'
            : 'where the rule is unsure',
      ];
    }),
  );
  return table(['question', 'agent', 'what is chosen', 'answer', 'a language model is asked'], rows);
}

export function stagesTable(): string {
  return table(
    ['stage', 'agent', 'tells'],
    builtInStages.map(({ name, agent, to }) => [code(name), agent, to]),
  );
}

export function missingTable(): string {
  return missingSpellings.map((spelling) => (spelling === '' ? '(empty)' : code(spelling))).join(' · ');
}

export function booleansTable(): string {
  return booleanPairs.map(([no, yes]) => `${code(no)} / ${code(yes)}`).join(' · ');
}

/** Every operator that a file may have and that is one of the engine's. */
export function operatorsList(): string {
  const names = [...operators.values()]
    .filter(({ name, domain = '' }) => isImportable({ operator: name, domain }))
    .map(({ name }) => `\`${name}\``)
    .sort();
  return `${names.length}: ${names.join(', ')}.`;
}
