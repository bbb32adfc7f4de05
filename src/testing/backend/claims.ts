import { type ErrorCode, TrainerError } from '../../core/errors.ts';

/** Fails a test of a suite. The suites run in browsers too, which have no `node:assert`. */
export function claim(holds: boolean, message: string): asserts holds {
  if (!holds) throw new Error(message);
}

/** Holds an error against one of the codes that the contract names. */
export async function claimRejects(
  work: () => Promise<unknown>,
  codes: readonly ErrorCode[],
  what: string,
): Promise<TrainerError> {
  let error: unknown;
  try {
    await work();
  } catch (thrown) {
    error = thrown;
  }
  claim(error !== undefined, `Expected ${what} to be refused with ${codes.join(' or ')}, and it was not.`);
  claim(
    TrainerError.isInstance(error) && codes.includes(error.code),
    `Expected ${what} to be refused with ${codes.join(' or ')}, got ${error}`,
  );
  return error;
}

/** Holds numbers against others: to the last bit, or within a tolerance of 1 or of the number, whichever is larger. */
export function claimClose(got: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number, what: string): void {
  claim(got.length === expected.length, `Expected ${expected.length} values of ${what}, got ${got.length}.`);
  for (let i = 0; i < expected.length; i++) {
    const [a, b] = [got[i]!, expected[i]!];
    const isClose = tolerance === 0 ? Object.is(a, b) : Math.abs(a - b) <= tolerance * Math.max(1, Math.abs(b));
    claim(isClose, `Expected ${what} to be ${b} at ${i}${tolerance === 0 ? '' : ` (± ${tolerance})`}, got ${a}.`);
  }
}
