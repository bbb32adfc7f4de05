/** Longest reply that is looked at, in characters. */
const maxReply = 200_000;

/**
 * The JSON value in a reply: the whole reply, else the last fenced block, else the first balanced object or array.
 * Returns undefined where there is none. Never runs anything, never throws.
 */
export function extractJson(reply: string): unknown {
  if (reply.length > maxReply) return undefined;
  const whole = parseReply(reply.trim());
  if (whole !== undefined) return whole;
  const fences = [...reply.matchAll(/```[a-z]*\s*\n?([\s\S]*?)```/gi)];
  for (const fence of fences.reverse()) {
    const value = parseReply(fence[1]!.trim());
    if (value !== undefined) return value;
  }
  const start = reply.search(/[[{]/);
  if (start < 0) return undefined;
  const end = balancedEnd(reply, start);
  return end === undefined ? undefined : parseReply(reply.slice(start, end));
}

/** The value of a text that is JSON and nothing else, without `__proto__`; undefined where it is none, or nested too deeply. */
export function parseReply(text: string): unknown {
  // Deep nesting overflows the parser's stack on some engines; no schema of ours nests deeper than this.
  let depth = 0;
  let deepest = 0;
  let isQuoted = false;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (isQuoted && c === 0x5c) i++;
    else if (c === 0x22) isQuoted = !isQuoted;
    else if (isQuoted) continue;
    else if (c === 0x5b || c === 0x7b) deepest = Math.max(deepest, ++depth);
    else if (c === 0x5d || c === 0x7d) depth--;
  }
  if (deepest > 50) return undefined;
  try {
    return JSON.parse(text, (key, value) => (key === '__proto__' ? undefined : value)) as unknown;
  } catch {
    return undefined; // not JSON: the caller tries the next form
  }
}

function balancedEnd(text: string, start: number): number | undefined {
  let depth = 0;
  let quoted = false;
  for (let i = start; i < text.length; i++) {
    const c = text[i];
    if (quoted) {
      if (c === '\\') i++;
      else if (c === '"') quoted = false;
    } else if (c === '"') quoted = true;
    else if (c === '[' || c === '{') depth++;
    else if (c === ']' || c === '}') {
      depth--;
      if (depth === 0) return i + 1;
    }
  }
  return undefined;
}
