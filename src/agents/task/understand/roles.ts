import type { ColumnWish } from './exclusions.ts';
import type { Mention, NamedColumn } from './mention.ts';
import { findAll, type Reading, type Span } from './reading.ts';
import {
  entityBefore,
  groupAfter,
  groupBefore,
  timeAfter,
  timeWords,
  weightAfter,
  weightBefore,
} from './role-words.ts';

/** What the prompt says of the parts that columns play. */
export interface Roles {
  readonly weight?: ColumnWish;
  readonly group?: ColumnWish;
  readonly time?: ColumnWish;
  readonly entity?: ColumnWish;
  /** Phrases that ask for a role which no column can play, by role. */
  readonly unknown: readonly (Span & { readonly role: 'weight' | 'group' | 'time' })[];
}

/** Reads weight, group, time and entity. */
export function findRoles(reading: Reading, columns: readonly NamedColumn[], mentions: readonly Mention[]): Roles {
  const byName = new Map(columns.map((column) => [column.name, column]));
  const unknown: (Span & { role: 'weight' | 'group' | 'time' })[] = [];
  const isTime = (name: string): boolean =>
    byName.get(name)?.profile.kind === 'datetime' || isTimeName(byName.get(name));
  const after = (expression: RegExp, fits: (mention: Mention) => boolean, reach = 3): ColumnWish | undefined => {
    for (const cue of findAll(reading, expression)) {
      const found = pick(
        mentions.filter(
          (mention) =>
            mention.from >= cue.to - 1 &&
            mention.from <= cue.to + reach &&
            mention.to > cue.to &&
            reading.tokens[mention.from]!.sentence === reading.tokens[cue.from]!.sentence &&
            fits(mention),
        ),
        cue.to,
      );
      if (found !== undefined) return { column: found.column, from: cue.from, to: found.to };
    }
    return undefined;
  };
  const ahead = (expression: RegExp, fits: (mention: Mention) => boolean, reach = 2): ColumnWish | undefined => {
    for (const cue of findAll(reading, expression)) {
      const near = mentions.filter(
        (mention) =>
          mention.to <= cue.from &&
          mention.to >= cue.from - reach &&
          reading.tokens[mention.from]!.sentence === reading.tokens[cue.from]!.sentence &&
          fits(mention),
      );
      const found = pick(near, cue.from);
      if (found !== undefined) return { column: found.column, from: found.from, to: cue.to };
    }
    return undefined;
  };
  const isNumber = (mention: Mention): boolean =>
    byName.get(mention.column)?.profile.kind === 'number' && mention.by !== 'unit';
  const weight = after(weightAfter, isNumber, 2) ?? ahead(weightBefore, isNumber, 1);
  const keeps = (mention: Mention): boolean =>
    mention.by !== 'unit' &&
    mention.by !== 'value' &&
    isEntityLike(byName.get(mention.column)) &&
    mention.column !== weight?.column;
  const group =
    after(groupAfter, (mention) => keeps(mention) && !isTime(mention.column)) ??
    ahead(groupBefore, (mention) => keeps(mention) && !isTime(mention.column), 3);
  let time = after(timeAfter, (mention) => mention.by !== 'unit' && isTime(mention.column));
  const timeCue = findAll(reading, timeWords)[0];
  if (time === undefined && timeCue !== undefined) {
    const named = pick(
      mentions.filter(
        (mention) =>
          mention.by !== 'unit' &&
          isTime(mention.column) &&
          reading.tokens[mention.from]!.sentence === reading.tokens[timeCue.from]!.sentence,
      ),
      timeCue.to,
    );
    const dates = columns.filter((column) => column.profile.kind === 'datetime');
    const numbers = columns.filter(isTimeName);
    const only =
      named?.column ??
      (dates.length === 1 ? dates[0]!.name : dates.length === 0 && numbers.length === 1 ? numbers[0]!.name : undefined);
    if (only === undefined) unknown.push({ from: timeCue.from, to: timeCue.to, role: 'time' });
    else time = { column: only, from: timeCue.from, to: timeCue.to };
  }
  const entity = ahead(
    entityBefore,
    (mention) => mention.by !== 'unit' && mention.by !== 'value' && mention.column !== group?.column,
    1,
  );
  return {
    ...(weight && { weight }),
    ...(group && { group }),
    ...(time && { time }),
    ...(entity && { entity }),
    unknown,
  };
}

/** The best mention, the nearer where equal. */
function pick(mentions: readonly Mention[], at: number): Mention | undefined {
  // "Teams" is as good a name as "team": steps of a tenth.
  const rank = (mention: Mention): number => Math.round(mention.quality * 10);
  return [...mentions].sort((a, b) => rank(b) - rank(a) || Math.abs(a.from - at) - Math.abs(b.from - at))[0];
}

function isTimeName(column: NamedColumn | undefined): boolean {
  return (
    column !== undefined &&
    column.profile.kind !== 'category' &&
    column.profile.kind !== 'text' &&
    // "harvest_year" is a date, "sick_days" a duration.
    [...column.words, ...column.units].some((word) =>
      /^(?:date|time|timestamp|year|month|season|week|day|period|quarter|yr|datetime)$/u.test(word),
    ) &&
    !column.words.includes('per')
  );
}

function isEntityLike(column: NamedColumn | undefined): boolean {
  const profile = column?.profile;
  if (profile === undefined || profile.kind === 'boolean' || profile.kind === 'datetime') return false;
  return profile.kind !== 'number' || (profile.numeric?.integers ?? true) || profile.identifier;
}
