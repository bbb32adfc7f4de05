import { readFileSync } from 'node:fs';
import { understandRequest } from '../../../src/agents/task/understand/understand-request.ts';
import type { Understanding } from '../../../src/agents/task/understand/understanding.ts';
import type { TaskSpec } from '../../../src/core/task-spec.ts';
import type { ColumnProfile, TableProfile } from '../../../src/tools/data/profile/profile.ts';
import type { ColumnKind } from '../../../src/tools/data/table.ts';

interface Truth {
  readonly kind: 'accept' | 'clarify' | 'reject';
  readonly code?: string;
  readonly task?: string;
  readonly target?: string;
  readonly positive?: string;
  readonly metrics?: readonly (readonly [string, number?])[];
  readonly limits?: Readonly<Record<string, number>>;
  readonly ignore?: readonly string[];
  readonly inputs?: readonly string[];
  readonly roles?: Readonly<Record<string, string>>;
  readonly fairness?: readonly string[];
  readonly unsupported?: readonly string[];
}

interface RequestFile {
  readonly tables: Readonly<Record<string, { readonly rows: number; readonly columns: readonly string[] }>>;
  readonly requests: readonly {
    readonly id: number | string;
    readonly table: string;
    readonly prompt: string;
    readonly truth: Truth;
  }[];
}

/** Right and counted requests of one field. */
export interface FieldScore {
  right: number;
  of: number;
}

/** Scores of a file: one a field, and what was wrong. */
export interface RequestScores {
  readonly fields: Readonly<Record<string, FieldScore>>;
  readonly wrong: readonly {
    readonly id: number | string;
    readonly field: string;
    readonly expected: unknown;
    readonly got: unknown;
    readonly prompt: string;
  }[];
}

/** The fields that must be right. */
export const mainFields = ['task', 'target', 'metric', 'threshold'] as const;

/** Runs the parser on every request of a file and compares field by field. */
export function scoreRequests(file: string): RequestScores {
  const { tables, requests } = JSON.parse(readFileSync(file, 'utf8')) as RequestFile;
  const fields: Record<string, FieldScore> = {};
  const wrong: { id: number | string; field: string; expected: unknown; got: unknown; prompt: string }[] = [];
  for (const { id, table, prompt, truth } of requests) {
    const expected = fieldsOfTruth(truth);
    const got = fieldsOf(understandRequest({ prompt, profile: profileOf(tables[table]!) }));
    for (const [field, value] of Object.entries(expected)) {
      fields[field] ??= { right: 0, of: 0 };
      const score = fields[field];
      score.of += 1;
      if (JSON.stringify(value) === JSON.stringify(got[field])) score.right += 1;
      else wrong.push({ id, field, expected: value, got: got[field], prompt });
    }
  }
  return { fields, wrong };
}

/** A request that must not become a task has its verdict in place of each main field. */
function fieldsOfTruth(truth: Truth): Record<string, unknown> {
  const kind = truth.kind === 'accept' ? 'spec' : truth.kind;
  if (truth.kind !== 'accept') {
    const code = truth.kind === 'reject' && truth.code !== undefined ? { code: truth.code } : {};
    const target = truth.kind === 'clarify' && truth.target !== undefined ? { 'suggested target': truth.target } : {};
    return { kind, task: kind, target: kind, metric: kind, threshold: kind, ...code, ...target };
  }
  const metrics = truth.metrics ?? [];
  return {
    kind,
    task: truth.task,
    target: truth.target,
    metric: metrics.map(([metric]) => metric),
    threshold: metrics.map(([, threshold]) => threshold ?? null),
    ...(truth.positive !== undefined && { positive: truth.positive }),
    limits: sorted(truth.limits ?? {}),
    ignore: [...(truth.ignore ?? [])].sort(),
    ...(truth.inputs !== undefined && { inputs: [...truth.inputs].sort() }),
    roles: sorted(truth.roles ?? {}),
    fairness: [...(truth.fairness ?? [])].sort(),
    unsupported: [...(truth.unsupported ?? [])].sort(),
  };
}

function fieldsOf(result: Understanding): Record<string, unknown> {
  if (result.kind !== 'spec') {
    const { kind } = result;
    return {
      kind,
      task: kind,
      target: kind,
      metric: kind,
      threshold: kind,
      code: kind === 'reject' ? result.reject.code : result.code,
      'suggested target': kind === 'clarify' ? result.clarify[0]!.default : undefined,
    };
  }
  const spec: TaskSpec = result.spec;
  const { ignore, ...roles } = spec.roles;
  return {
    kind: 'spec',
    task: spec.task.value,
    target: spec.target.value,
    metric: spec.metrics.map((wish) => wish.metric),
    threshold: spec.metrics.map((wish) => (wish.threshold === undefined ? null : round(wish.threshold))),
    positive: spec.positive?.value,
    limits: sorted(Object.fromEntries(Object.entries(spec.limits).map(([name, limit]) => [name, limit.value]))),
    ignore: ignore.map((column) => column.value).sort(),
    inputs: [...spec.inputs.value].sort(),
    roles: sorted(Object.fromEntries(Object.entries(roles).map(([name, column]) => [name, column.value]))),
    fairness: spec.fairness.map((wish) => wish.column).sort(),
    unsupported: spec.unsupported.map((wish) => wish.code).sort(),
  };
}

function round(value: number): number {
  return Number(value.toPrecision(6));
}

function sorted<T>(record: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Reads a compact table; the form is in test/fixtures/requests/README.md. */
export function profileOf(table: { readonly rows: number; readonly columns: readonly string[] }): TableProfile {
  return { rowCount: table.rows, duplicateRows: 0, columns: table.columns.map((line) => columnOf(line, table.rows)) };
}

function columnOf(line: string, rows: number): ColumnProfile {
  const [name, kind, facts = ''] = line.split('|').map((part) => part.trim()) as [string, ColumnKind, string?];
  const words = facts.split(/\s+/u).filter((word) => word !== '');
  const read = (key: string): number | undefined => {
    const found = words.find((word) => word.startsWith(`${key}=`));
    return found === undefined ? undefined : Number(found.slice(key.length + 1));
  };
  const top = words.flatMap((word) => {
    const at = word.lastIndexOf(':');
    return at > 0
      ? [{ value: kind === 'number' ? word.slice(0, at) : word.slice(0, at), count: Number(word.slice(at + 1)) }]
      : [];
  });
  top.sort((a, b) => b.count - a.count);
  const range = words
    .find((word) => word.includes('..'))
    ?.split('..')
    .map(Number);
  const values = kind === 'number' ? top.map((entry) => Number(entry.value)) : [];
  const identifier = words.includes('id');
  const distinct = read('distinct') ?? (identifier ? rows : top.length > 0 ? top.length : rows);
  const [min, max] =
    range !== undefined
      ? [range[0]!, range[1]!]
      : values.length > 0
        ? [Math.min(...values), Math.max(...values)]
        : [0, 1];
  return {
    name,
    kind,
    missing: read('missing') ?? 0,
    distinct,
    distinctExact: true,
    identifier,
    ...(top.length > 0 && { top }),
    ...(kind === 'number' && {
      numeric: {
        min,
        max,
        mean: (min + max) / 2,
        deviation: (max - min) / 4,
        quantiles: [],
        integers: words.includes('int') || (values.length > 0 && values.every(Number.isInteger)),
        zeros: 0,
        negatives: 0,
        histogram: [],
      },
    }),
    ...(kind === 'text' && {
      text: { meanLength: (read('words') ?? 1) * 6, maxLength: 100, meanWords: read('words') ?? 1 },
    }),
  };
}
