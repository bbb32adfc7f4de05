/**
 * The string that stands for a missing category in the model's `categories` tensor; refused as data. It starts with a
 * control character, so that no real value is it, and holds no NUL, which some runtimes' bindings cut strings at.
 */
export const missingCategory = '\u001fmissing';

/** Whether a string comes back unchanged from a model's UTF-8 (no lone surrogate) and from C strings (no NUL). */
export function isStorable(value: string): boolean {
  return !/[\p{Surrogate}\u0000]/u.test(value);
}
