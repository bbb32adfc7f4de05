import type { GraphBuilder } from '../../../onnx/graph-builder.ts';
import { dayMs } from './datetime-parts.ts';
import type { DatetimePart } from './preparation.ts';

/** The int64 that stands for a missing datetime in the model's `datetimes` tensor. */
export const missingDatetime = -9_223_372_036_854_775_808n;

/**
 * Adds the nodes of the wished parts of a datetime, int64 [N, 1] → float32 [N, 1] each, NaN where missing.
 *
 * The same whole-number steps as {@link datetimePart}: ONNX's integer `Div` truncates, so that where a value may be
 * negative the remainder (`Mod`, with the divisor's sign) is taken off first, which makes it a floor.
 */
export function addDatetimeParts(graph: GraphBuilder, value: string, parts: readonly DatetimePart[]): string[] {
  const whole = (number: number | bigint): string => graph.ints([number]);
  const add = (a: string, b: string): string => graph.node('Add', [a, b]);
  const subtract = (a: string, b: string): string => graph.node('Sub', [a, b]);
  const times = (a: string, factor: number): string => graph.node('Mul', [a, whole(factor)]);
  const divide = (a: string, divisor: number): string => graph.node('Div', [a, whole(divisor)]);
  const modulo = (a: string, divisor: number): string => graph.node('Mod', [a, whole(divisor)]);

  const missing = graph.node('Equal', [value, whole(missingDatetime)]);
  const ms = graph.node('Where', [missing, whole(0), value]);
  const msOfDay = modulo(ms, dayMs);
  const day = divide(subtract(ms, msOfDay), dayMs);

  const civil = once(() => {
    const shifted = add(day, whole(719_468));
    const dayOfEra = modulo(shifted, 146_097);
    const era = divide(subtract(shifted, dayOfEra), 146_097);
    const leapDays = subtract(
      add(subtract(dayOfEra, divide(dayOfEra, 1460)), divide(dayOfEra, 36_524)),
      divide(dayOfEra, 146_096),
    );
    const yearOfEra = divide(leapDays, 365);
    const daysBefore = subtract(add(times(yearOfEra, 365), divide(yearOfEra, 4)), divide(yearOfEra, 100));
    const dayOfYear = subtract(dayOfEra, daysBefore);
    const monthFromMarch = divide(add(times(dayOfYear, 5), whole(2)), 153);
    const early = graph.node('Less', [monthFromMarch, whole(10)]);
    const month = add(monthFromMarch, graph.node('Where', [early, whole(3), whole(-9)]));
    return { era, yearOfEra, dayOfYear, monthFromMarch, early, month };
  });
  const wholePart = (part: Exclude<DatetimePart, 'days'>): string => {
    switch (part) {
      case 'hour':
        return divide(msOfDay, 3_600_000);
      case 'weekday':
        return add(modulo(add(day, whole(3)), 7), whole(1));
      case 'month':
        return civil().month;
      case 'day': {
        const { dayOfYear, monthFromMarch } = civil();
        return add(subtract(dayOfYear, divide(add(times(monthFromMarch, 153), whole(2)), 5)), whole(1));
      }
      case 'year': {
        const { yearOfEra, era, early } = civil();
        const next = graph.node('Where', [early, whole(0), whole(1)]);
        return add(add(yearOfEra, times(era, 400)), next);
      }
    }
  };
  return parts.map((part) => {
    const number = part === 'days' ? fractionOfDays(graph, ms) : cast(graph, wholePart(part), floatType);
    return graph.node('Where', [missing, graph.floats([Number.NaN]), number], { name: part });
  });
}

const floatType = 1;
const doubleType = 11;

function cast(graph: GraphBuilder, value: string, type: number): string {
  return graph.node('Cast', [value], { attributes: { to: { int: type } } });
}

/** Divided in double precision, then rounded to float32: as the typed-array side does. */
function fractionOfDays(graph: GraphBuilder, ms: string): string {
  const perDay = graph.constant({ type: 'double', shape: [1], data: Float64Array.of(dayMs) });
  return cast(graph, graph.node('Div', [cast(graph, ms, doubleType), perDay]), floatType);
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
