/** What was thrown, in words; never throws itself, whatever a plug-in threw. */
export function errorText(error: unknown): string {
  try {
    return error instanceof Error ? String(error.message) : String(error);
  } catch {
    return 'something that has no text'; // an object without a prototype, or with a hostile `toString`
  }
}
