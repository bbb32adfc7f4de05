/** A column whose name in the source could not be kept. */
export interface RenamedColumn {
  /** Position in the source, from 0. */
  readonly index: number;
  readonly from: string;
  readonly to: string;
}

/**
 * Gives each column a name of its own: white space around a name does not count, a column without a name is `column_3`
 * (its position from 1), and a name that comes again becomes `x_2`, `x_3`.
 */
export function uniqueNames(source: readonly string[]): { names: string[]; renamed: RenamedColumn[] } {
  const trimmed = source.map((name) => name.trim());
  const taken = new Set(trimmed);
  const used = new Set<string>();
  const renamed: RenamedColumn[] = [];
  const names = trimmed.map((name, index) => {
    let unique = name === '' ? `column_${index + 1}` : name;
    const base = unique;
    for (let n = 2; used.has(unique) || (unique !== name && taken.has(unique)); n++) unique = `${base}_${n}`;
    used.add(unique);
    if (unique !== source[index]) renamed.push({ index, from: source[index]!, to: unique });
    return unique;
  });
  return { names, renamed };
}
