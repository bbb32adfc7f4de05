import { describe, expect, it } from 'vitest';
import { encodeTarget } from '../../../../src/tools/data/prepare/encode-target.ts';
import { booleans, categories, numbers } from './columns.ts';

describe('encodeTarget', () => {
  it('puts the negative class first', () => {
    const column = categories('y', ['stay', 'leave', null, 'stay']);
    expect(encodeTarget(column, 'binary', { positive: 'leave' })).toEqual({
      target: Float64Array.of(0, 1, Number.NaN, 0),
      classes: ['stay', 'leave'],
    });
  });

  it.each([
    ['words by code units', categories('y', ['b', 'a', 'Z']), ['Z', 'a', 'b']],
    ['numbers by value', numbers('y', [10, 9, 2, 10]), ['2', '9', '10']],
    ['numbers as text by value', categories('y', ['10', '9', '-1']), ['-1', '9', '10']],
  ])('orders classes: %s', (_title, column, classes) => {
    expect(encodeTarget(column, 'multiclass').classes).toEqual(classes);
  });

  it('orders a boolean as false, true in the spellings of the source', () => {
    expect(encodeTarget(booleans('y', [true, false]), 'binary')).toEqual({
      target: Float64Array.of(1, 0),
      classes: ['no', 'yes'],
    });
  });

  it('keeps the order of classes found before, and marks a class that was not among them', () => {
    const column = categories('y', ['c', 'a', 'new']);
    expect(encodeTarget(column, 'multiclass', { classes: ['a', 'b', 'c'] }).target).toEqual(
      Float64Array.of(2, 0, Number.NaN),
    );
  });

  it('passes the values of a regression', () => {
    expect(encodeTarget(numbers('y', [1.5, null, -2]), 'regression')).toEqual({
      target: Float64Array.of(1.5, Number.NaN, -2),
      classes: [],
    });
  });

  it.each([
    ['three classes of a binary task', categories('y', ['a', 'b', 'c']), 'binary', {}],
    ['one class', categories('y', ['a', 'a']), 'multiclass', {}],
    ['words of a regression', categories('y', ['a', 'b']), 'regression', {}],
    ['a positive class that is none', categories('y', ['a', 'b']), 'binary', { positive: 'c' }],
  ] as const)('refuses %s', (_title, column, task, options) => {
    expect(() => encodeTarget(column, task, options)).toThrow(expect.objectContaining({ code: 'REQUEST_INVALID' }));
  });
});
