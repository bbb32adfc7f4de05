import { columnKeys } from '../split/column-keys.ts';
import type { Column } from '../table.ts';
import type { CheckResult } from './check-result.ts';
import type { RelationTarget } from './single-feature.ts';

/** Words in a name that tell of someone or something that rows belong to. */
const entityName =
  /(?:^|[^a-z])(?:id|ids|uuid|patient|user|customer|client|subject|person|member|household|account|session|device|machine|sensor|student|company|store|group|site)(?:[^a-z]|$)/;

/** Share of agreement beyond chance from which rows of one entity are said to share the target. */
const sharedAgreement = 0.3;

/**
 * Finds a column whose values look like entities (at least 20 of them, 2 to 50 rows each on average) and whose rows share
 * the target: then a random split tests on entities that were learned from.
 *
 * Agreement is, for classes, how much more often two rows of an entity have the same class than two rows at random; for
 * values, the intraclass correlation of one-way analysis of variance. Both are 0 by chance and 1 at most.
 */
export function checkEntity(column: Column, rows: Uint32Array, target: RelationTarget): CheckResult[] {
  const named = entityName.test(column.name.replace(/(?<=[a-z])(?=[A-Z])/g, ' ').toLowerCase());
  if (column.kind === 'boolean' || column.kind === 'datetime' || (column.kind === 'number' && !named)) return [];
  const { keys, count } = columnKeys(column, rows);
  const present = keys.reduce((sum, key) => sum + (key < 0 ? 0 : 1), 0);
  const meanRows = present / count;
  if (count < 20 || meanRows < 2 || meanRows > 50) return [];
  const groups: number[][] = Array.from({ length: count }, () => []);
  keys.forEach((key, i) => {
    if (key >= 0) groups[key]!.push(i);
  });
  const agreement = target.classCount > 0 ? classAgreement(groups, target) : intraclass(groups, target.values);
  if (agreement < sharedAgreement) return [];
  return [
    {
      code: 'ENTITY_REPEATS',
      severity: 'warning',
      column: column.name,
      evidence: { entities: count, meanRows, agreement, nameHint: named },
    },
  ];
}

function classAgreement(groups: readonly (readonly number[])[], target: RelationTarget): number {
  const totals = new Float64Array(target.classCount);
  let same = 0;
  let pairs = 0;
  let rowCount = 0;
  for (const members of groups) {
    const counts = new Float64Array(target.classCount);
    for (const i of members) counts[target.values[i]!]!++;
    counts.forEach((count, label) => {
      same += count * (count - 1);
      totals[label]! += count;
    });
    pairs += members.length * (members.length - 1);
    rowCount += members.length;
  }
  const chance = totals.reduce((sum, count) => sum + count * (count - 1), 0) / (rowCount * (rowCount - 1));
  return pairs === 0 || chance >= 1 ? 0 : (same / pairs - chance) / (1 - chance);
}

function intraclass(groups: readonly (readonly number[])[], values: Float64Array): number {
  let rowCount = 0;
  let total = 0;
  let squares = 0;
  for (const members of groups) {
    rowCount += members.length;
    squares += members.length * members.length;
    for (const i of members) total += values[i]!;
  }
  const grand = total / rowCount;
  let between = 0;
  let within = 0;
  for (const members of groups) {
    const mean = members.reduce((sum, i) => sum + values[i]!, 0) / members.length;
    between += members.length * (mean - grand) * (mean - grand);
    for (const i of members) within += (values[i]! - mean) * (values[i]! - mean);
  }
  const meanBetween = between / (groups.length - 1);
  const meanWithin = within / (rowCount - groups.length);
  const size = (rowCount - squares / rowCount) / (groups.length - 1);
  const all = meanBetween + (size - 1) * meanWithin;
  return all > 0 ? (meanBetween - meanWithin) / all : 0;
}
