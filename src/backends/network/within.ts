/** Whether a value is a number from one bound to another, itself and not by way of what it can be read as ("0.5", null). */
export const within = (value: unknown, from: number, to: number): value is number =>
  typeof value === 'number' && value >= from && value <= to;
