const scratch = new DataView(new ArrayBuffer(4));

/** Greatest finite float16. */
export const greatestFloat16 = 65_504;

/** The bits of the float16 nearest to a number, ties to even; beyond the range they are infinite. */
export function toFloat16(value: number): number {
  scratch.setFloat32(0, value);
  const bits = scratch.getUint32(0);
  const sign = (bits >>> 16) & 0x8000;
  const exponent = (bits >>> 23) & 0xff;
  const fraction = bits & 0x7fffff;
  if (exponent === 0xff) return sign | 0x7c00 | (fraction === 0 ? 0 : 0x200);
  const shifted = exponent - 112;
  if (shifted >= 31) return sign | 0x7c00;
  // Subnormal numbers are multiples of 2⁻²⁴.
  const whole = shifted <= 0 ? (shifted < -10 ? 0 : fraction | 0x800000) : (shifted << 23) | fraction;
  const drop = shifted <= 0 ? 14 - shifted : 13;
  if (whole === 0) return sign;
  const kept = Math.floor(whole / (1 << drop));
  const rest = whole - kept * (1 << drop);
  const half = 1 << (drop - 1);
  return sign | (kept + (rest > half || (rest === half && (kept & 1) === 1) ? 1 : 0));
}

/** The number of float16 bits. */
export function fromFloat16(bits: number): number {
  const sign = (bits & 0x8000) === 0 ? 1 : -1;
  const exponent = (bits >>> 10) & 31;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * (fraction / 16_777_216);
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  scratch.setUint32(0, ((exponent + 112) << 23) | (fraction << 13));
  return sign * scratch.getFloat32(0);
}
