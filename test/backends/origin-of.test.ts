import { describe, expect, it } from 'vitest';
import type { Backend } from '../../src/backends/backend.ts';
import { onnxBackend } from '../../src/backends/onnx/onnx-backend.ts';
import { originOf } from '../../src/backends/origin-of.ts';
import { Trainer } from '../../src/index.ts';

class Own {
  value = 1;
}

const backendWith = (options: unknown): Backend => ({
  ...onnxBackend(),
  name: 'own',
  origin: { module: 'own-backend', options },
});

describe('the options of a module that makes a backend in another process', () => {
  it.each([
    ['a function', { model: { load: () => 1 } }, 'origin.options.model.load', 'a function'],
    ['a function in a list', { all: [1, () => 1] }, 'origin.options.all[1]', 'a function'],
    ['a function in a map', new Map([['a', () => 1]]), 'origin.options (value 0)', 'a function'],
    ['a symbol', { own: Symbol('own') }, 'origin.options.own', 'a symbol'],
    ['a weak map', { cache: new WeakMap() }, 'origin.options.cache', 'a WeakMap'],
    ['a promise', Promise.resolve(1), 'origin.options', 'a Promise'],
    ['an instance of a class', { 'my own': new Own() }, 'origin.options["my own"]', 'an instance of Own'],
    ['a URL', { url: new URL('http://127.0.0.1') }, 'origin.options.url', 'a URL'],
    ['memory that threads share', { all: new SharedArrayBuffer(1) }, 'origin.options.all', 'a SharedArrayBuffer'],
  ])('are refused with %s, by its place', (_, options, path, got) => {
    const make = () => new Trainer({ backends: [backendWith(options)] });
    expect(make).toThrow(
      expect.objectContaining({
        code: 'PLUGIN_INVALID',
        details: { path },
        message: expect.stringContaining(`got ${got}`),
      }),
    );
  });

  it('are refused where a getter of theirs throws', () => {
    const options = {
      get model(): string {
        throw new RangeError('from a getter');
      },
    };
    expect(() => originOf(backendWith(options))).toThrow(
      expect.objectContaining({ code: 'PLUGIN_INVALID', message: expect.stringContaining('from a getter') }),
    );
  });

  it('are taken as they are where they can be sent, an object that contains itself too', () => {
    const options: Record<string, unknown> = {
      text: 'a',
      none: undefined,
      map: new Map([[new Date(0), new Set([1n])]]),
      bytes: new Uint8Array(3),
    };
    options.self = options;
    expect(originOf(backendWith(options))).toEqual({ module: 'own-backend', options });
    expect(structuredClone(options)).toEqual(options);
  });
});
