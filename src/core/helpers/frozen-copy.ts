/** A deep copy of plain data that nobody can change: what listeners and readers get, so that they can't reach into a run. */
export function frozenCopy<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return Object.freeze(value.map(frozenCopy)) as T;
  // `fromEntries` and not assignment: a column may be called "__proto__".
  return Object.freeze(Object.fromEntries(Object.entries(value).map(([key, part]) => [key, frozenCopy(part)]))) as T;
}
