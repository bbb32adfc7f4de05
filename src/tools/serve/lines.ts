/** One line of a stream; `undefined` for one that is longer than the limit, after which nothing is read. */
export async function* readLines(
  bytes: AsyncIterable<Uint8Array>,
  maxBytes: number,
): AsyncGenerator<Uint8Array | undefined> {
  let rest: Uint8Array[] = [];
  let restBytes = 0;
  for await (const chunk of bytes) {
    let from = 0;
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, from)) {
      const part = chunk.subarray(from, end);
      from = end + 1;
      if (restBytes + part.length > maxBytes) {
        yield undefined;
        return;
      }
      yield rest.length === 0 ? part : Buffer.concat([...rest, part]);
      rest = [];
      restBytes = 0;
    }
    const tail = chunk.subarray(from);
    restBytes += tail.length;
    if (restBytes > maxBytes) {
      yield undefined;
      return;
    }
    // The chunk may be reused by who gave it.
    if (tail.length > 0) rest.push(Uint8Array.prototype.slice.call(tail));
  }
  if (restBytes > 0) yield Buffer.concat(rest);
}
