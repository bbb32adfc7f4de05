/**
 * Text of the data, of a file or of a model, made safe for a terminal: control characters (escape sequences begin with
 * one) and bidirectional overrides become their visible code point, line breaks and tabs a space.
 */
export function safeText(text: string, maxLength = Number.POSITIVE_INFINITY): string {
  const shown = text
    .replace(/[\t\n\r]+/g, ' ')
    .replace(
      /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g,
      (character) => `\\u{${character.charCodeAt(0).toString(16)}}`,
    );
  return shown.length > maxLength ? `${shown.slice(0, Math.max(0, maxLength - 1))}…` : shown;
}

/** Several lines of such text, each safe for a terminal. */
export function safeLines(text: string): string {
  return text
    .split('\n')
    .map((line) => safeText(line))
    .join('\n');
}
