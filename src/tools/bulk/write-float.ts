import { shortNumber } from '../serve/predictions-csv.ts';

const [zero, point, minus] = [48, 46, 45];
/** 10^0 … 10^12, all exact. */
const powers = Float64Array.from({ length: 13 }, (_, i) => Number(`1e${i}`));

/**
 * Writes the shortest decimal that reads back as the same float32, as `shortNumber` gives it, and returns where it ends.
 *
 * From 1e-4 to 1e7 a float32 times a power of ten up to 1e12 is exact in float64, so that digits come from whole numbers and no text is
 * made; everything else goes through text.
 */
export function writeFloat(bytes: Buffer, at: number, value: number): number {
  const size = Math.abs(value);
  if (!(size >= 1e-4 && size < 1e7) || Math.fround(value) !== value) {
    // A whole number of one digit is frequent: probabilities of 0 and 1.
    if (value === 0 && !Object.is(value, -0)) {
      bytes[at] = zero;
      return at + 1;
    }
    return at + bytes.write(shortNumber(value), at, 'latin1');
  }
  let exponent = -4;
  while (size >= tens[exponent + 5]!) exponent++;
  let places = 7 - exponent;
  let digits = Math.round(size * powers[places]!);
  if (Math.fround(digits / powers[places]!) === size) {
    // At most two digits fewer, as long as they say the same.
    for (let fewer = places - 1; fewer >= Math.max(0, 5 - exponent); fewer--) {
      const shorter = Math.round(size * powers[fewer]!);
      if (Math.fround(shorter / powers[fewer]!) !== size) break;
      [digits, places] = [shorter, fewer];
    }
  } else {
    places++;
    digits = Math.round(size * powers[places]!);
  }
  while (places > 0 && digits % 10 === 0) {
    digits /= 10;
    places--;
  }
  if (value < 0) bytes[at++] = minus;
  const whole = Math.floor(digits / powers[places]!);
  let width = 1;
  while (width < 8 && whole >= powers[width]!) width++;
  for (let i = width - 1, rest = whole; i >= 0; i--) {
    bytes[at + i] = zero + (rest % 10);
    rest = Math.floor(rest / 10);
  }
  at += width;
  if (places === 0) return at;
  bytes[at++] = point;
  for (let i = places - 1, rest = digits - whole * powers[places]!; i >= 0; i--) {
    bytes[at + i] = zero + (rest % 10);
    rest = Math.floor(rest / 10);
  }
  return at + places;
}

/** 1e-4 … 1e8: `tens[e + 4]` is 10^e. */
const tens = Float64Array.from({ length: 13 }, (_, i) => Number(`1e${i - 4}`));
