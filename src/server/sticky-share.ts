/**
 * A number from 0 to 1 (exclusive) that is always the same for a text and a salt, evenly spread over texts: FNV-1a with
 * the finaliser of MurmurHash3, of 32 bits.
 */
export function stickyShare(text: string, salt: string): number {
  let hash = 0x811c9dc5;
  for (const part of [salt, text])
    for (let i = 0; i < part.length; i++) hash = Math.imul(hash ^ part.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 0x1_0000_0000;
}
