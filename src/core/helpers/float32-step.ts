/** Distance from a number to the next one that float32 can hold, away from 0. */
export function float32Step(value: number): number {
  const bits = new Float32Array([Math.abs(value)]);
  const [rounded] = bits as unknown as [number];
  new Uint32Array(bits.buffer)[0]!++;
  return bits[0]! - rounded;
}
