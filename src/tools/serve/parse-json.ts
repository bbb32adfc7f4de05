import { isUtf8 } from 'node:buffer';

/** JSON of some bytes, or why it is none. */
export type ParsedJson = { readonly value: unknown } | { readonly error: 'JSON_INVALID' | 'JSON_TOO_DEEP' };

/** Parses JSON in UTF-8 whose brackets are nested at most so deep. */
export function parseJson(bytes: Uint8Array, maxDepth: number): ParsedJson {
  if (!isUtf8(bytes)) return { error: 'JSON_INVALID' };
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString();
  if (hasBrackets(text, maxDepth) && depthExceeds(text, maxDepth)) return { error: 'JSON_TOO_DEEP' };
  try {
    return { value: JSON.parse(text) as unknown };
  } catch {
    return { error: 'JSON_INVALID' };
  }
}

/** Whether there are more opening brackets than may be nested; a record has few, and finding so costs little. */
function hasBrackets(text: string, more: number): boolean {
  let count = 0;
  for (const bracket of '{[')
    for (let at = text.indexOf(bracket); at >= 0; at = text.indexOf(bracket, at + 1)) if (++count > more) return true;
  return false;
}

/** Counts brackets outside strings, before the parser recurses into them. */
function depthExceeds(text: string, maxDepth: number): boolean {
  let depth = 0;
  let inString = false;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (inString) {
      if (code === 0x5c) i++;
      else if (code === 0x22) inString = false;
    } else if (code === 0x22) inString = true;
    else if (code === 0x7b || code === 0x5b) {
      if (++depth > maxDepth) return true;
    } else if (code === 0x7d || code === 0x5d) depth--;
  }
  return false;
}
