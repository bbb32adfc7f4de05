import type { NamedColumn } from './mention.ts';
import type { KindCues } from './task-kind.ts';
import { outcomeWords, targetNames } from './vocabulary.ts';
import { squash } from './words.ts';

/** The one column that looks made to be predicted, from its name, its place and its values. */
export function targetFromData(
  columns: readonly NamedColumn[],
  cues: KindCues,
  metricKind: 'classes' | 'number' | undefined,
  apart: ReadonlyMap<string, number>,
): { readonly sure?: string; readonly ranked: readonly string[] } {
  const usable = columns.filter(
    ({ profile, name }) =>
      !profile.identifier &&
      profile.kind !== 'datetime' &&
      profile.kind !== 'text' &&
      !apart.has(name) &&
      profile.distinct > 1,
  );
  const scored = usable.map((column) => {
    let score = 0;
    if (targetNames.has(squash(column.name))) score += 10;
    else if (column.words.some((word) => targetNames.has(word) && word !== 'class' && word !== 'y')) score += 7;
    if (column.words.some((word) => outcomeWords.has(word))) score += 5;
    const isBinary = column.profile.kind === 'boolean' || column.profile.distinct === 2;
    const isClass = isBinary || column.profile.kind === 'category';
    if (/^(?:is|has|will|did)[_ A-Z]/u.test(column.name) && isBinary) score += 3;
    if (column === columns[columns.length - 1]) score += 2.5;
    if (column === columns[0] && isClass) score += 0.5;
    if (isBinary) score += 1;
    if (cues.yesNo || metricKind === 'classes') score += isBinary ? 3 : isClass ? 1 : -3;
    else if (cues.classes) score += isClass ? 3 : -3;
    if (cues.number || metricKind === 'number') score += column.profile.kind === 'number' && !isBinary ? 3 : -4;
    return {
      name: column.name,
      score,
      fits: cues.yesNo
        ? isBinary
        : cues.classes
          ? isClass
          : cues.number || metricKind === 'number'
            ? column.profile.kind === 'number' && !isBinary
            : true,
    };
  });
  scored.sort((a, b) => b.score - a.score);
  const [first, second] = scored;
  const fitting = scored.filter((candidate) => candidate.fits);
  const isSure =
    first !== undefined &&
    first.score >= ((cues.yesNo ?? cues.classes ?? cues.number) !== undefined && first.fits ? 5 : 7) &&
    (second === undefined || first.score - second.score >= 2.5);
  const sure = isSure
    ? first.name
    : fitting.length === 1 && (cues.yesNo ?? cues.classes ?? cues.number) !== undefined
      ? fitting[0]!.name
      : undefined;
  return { ...(sure !== undefined && { sure }), ranked: scored.map((candidate) => candidate.name) };
}
