import { isMissing } from '../prepare/cells.ts';
import { classLabels } from '../prepare/encode-target.ts';
import { columnKeys } from '../split/column-keys.ts';
import type { Column } from '../table.ts';
import type { CheckResult } from './check-result.ts';
import { correlation, ranks } from './rank.ts';
import type { ColumnRelation, RelationTarget } from './single-feature.ts';

/** Score of a single column from which a leak is supposed, and from which its name or missingness is enough to warn. */
const nearPerfect = 0.999;
const strong = { rocAuc: 0.95, r2: 0.9 } as const;

/** Words in a name that tell of something known only after the target. */
const afterwards =
  /(?:^|[^a-z])(?:outcome|result|label|target|prediction|predicted|final|post|after|actual)(?:[^a-z]|$)/;

/** Finds what one column gives away of the target. Copies are looked for first; a column is reported once for its values. */
export function checkLeaks(
  column: Column,
  targetColumn: Column,
  rows: Uint32Array,
  target: RelationTarget,
  relation: ColumnRelation,
): CheckResult[] {
  const results: CheckResult[] = [];
  const found = (
    code: CheckResult['code'],
    severity: CheckResult['severity'],
    evidence: CheckResult['evidence'],
  ): void => {
    results.push({ code, severity, column: column.name, evidence });
  };
  const nameHint = hasNameHint(column.name, targetColumn.name);
  const { metric, score, missingnessScore } = relation;
  const measured = { metric, score, rows: relation.rows, nameHint };
  const copy = copyOf(column, targetColumn, rows, target);
  if (copy === 'equal') found('TARGET_COPY', 'severe', measured);
  else if (copy === 'recoded') found('TARGET_RECODED', 'severe', measured);
  else if (score >= nearPerfect) found('TARGET_LEAK', 'severe', measured);
  else if (nameHint && score >= strong[metric]) found('TARGET_LEAK', 'warning', measured);
  if (missingnessScore >= strong[metric]) {
    const severity = missingnessScore >= nearPerfect ? 'severe' : 'warning';
    found('MISSINGNESS_LEAK', severity, { metric, score: missingnessScore, rows: relation.rows, nameHint });
  }
  return results;
}

/** Whether a column's name shares a word of four letters or more with the target's, or tells of what comes after. */
export function hasNameHint(name: string, target: string): boolean {
  const words = (text: string): string[] =>
    text
      .replace(/(?<=\p{Ll})(?=\p{Lu})/gu, ' ')
      .toLowerCase()
      .split(/[^\p{L}\p{N}]+/u);
  const own = words(name);
  const shared = words(target).some((word) => word.length >= 4 && own.some((other) => other.startsWith(word)));
  return shared || afterwards.test(own.join(' '));
}

function copyOf(
  column: Column,
  targetColumn: Column,
  rows: Uint32Array,
  target: RelationTarget,
): 'equal' | 'recoded' | undefined {
  const present = rows.filter((row) => !isMissing(column, row));
  // A few rows match by chance; a column that is there for less than half of them is judged by its score.
  if (present.length < Math.max(20, rows.length / 2)) return undefined;
  if (target.classCount === 0) return numericCopy(column, targetColumn, present);
  const own = classLabels(column);
  const label = classLabels(targetColumn);
  if (present.every((row) => own(row) === label(row))) return 'equal';
  const left = columnKeys(column, present).keys;
  const right = columnKeys(targetColumn, present).keys;
  const forth = new Map<number, number>();
  const back = new Map<number, number>();
  for (let i = 0; i < present.length; i++) {
    const a = left[i]!;
    const b = right[i]!;
    if ((forth.get(a) ?? b) !== b || (back.get(b) ?? a) !== a) return undefined;
    forth.set(a, b);
    back.set(b, a);
  }
  return forth.size >= 2 ? 'recoded' : undefined;
}

function numericCopy(column: Column, targetColumn: Column, present: Uint32Array): 'equal' | 'recoded' | undefined {
  if (column.kind === 'category' || column.kind === 'text') return undefined;
  if (targetColumn.kind === 'category' || targetColumn.kind === 'text') return undefined;
  const own = Float64Array.from(present, (row) => column.values[row]!);
  const values = Float64Array.from(present, (row) => targetColumn.values[row]!);
  if (own.every((value, i) => value === values[i])) return 'equal';
  const line = Math.abs(correlation(own, values));
  if (line > 1 - 1e-9) return 'recoded';
  const monotone = Math.abs(correlation(ranks(own), ranks(values)));
  return monotone > 1 - 1e-9 ? 'recoded' : undefined;
}
