import type { ServeErrorCode } from './serve-errors.ts';

/** JSON of a request's body, or why it is none. */
export type ReadJson = { readonly value: unknown } | { readonly error: ServeErrorCode };

/** Reads a JSON body within limits; stops reading as soon as one is passed. */
export async function readJson(request: Request, maxBytes: number, maxDepth: number): Promise<ReadJson> {
  if (!isJson(request.headers)) return { error: 'MEDIA_TYPE_UNSUPPORTED' };
  if (Number(request.headers.get('content-length') ?? 0) > maxBytes) return { error: 'BODY_TOO_LARGE' };
  const bytes = await readBytes(request.body, maxBytes);
  if (!bytes) return { error: 'BODY_TOO_LARGE' };
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return { error: 'JSON_INVALID' };
  }
  if (depthExceeds(text, maxDepth)) return { error: 'JSON_TOO_DEEP' };
  try {
    return { value: JSON.parse(text) as unknown };
  } catch {
    return { error: 'JSON_INVALID' };
  }
}

function isJson(headers: Headers): boolean {
  const encoding = headers.get('content-encoding');
  if (encoding !== null && encoding.toLowerCase() !== 'identity') return false;
  return /^application\/json\s*(;\s*charset\s*=\s*"?utf-8"?\s*)?$/i.test(headers.get('content-type') ?? '');
}

async function readBytes(body: ReadableStream<Uint8Array> | null, maxBytes: number): Promise<Uint8Array | undefined> {
  if (!body) return new Uint8Array(0);
  const parts: Uint8Array[] = [];
  let length = 0;
  const reader = body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    length += value.length;
    if (length > maxBytes) {
      // The answer does not wait for the rest; a client that has gone may make this reject, which changes nothing.
      reader.cancel().catch(() => undefined);
      return undefined;
    }
    parts.push(value);
  }
  const bytes = new Uint8Array(length);
  let offset = 0;
  for (const part of parts) {
    bytes.set(part, offset);
    offset += part.length;
  }
  return bytes;
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
