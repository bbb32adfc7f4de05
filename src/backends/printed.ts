/** A value for an error, however strange it is. */
export function printed(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value);
  if (typeof value === 'function' || typeof value === 'symbol') return `a ${typeof value}`;
  if (typeof value !== 'object' || value === null) return typeof value === 'bigint' ? `${value}n` : String(value);
  try {
    return Array.isArray(value) ? 'a list' : 'an object';
  } catch {
    return 'an object'; // a proxy that has been revoked
  }
}
