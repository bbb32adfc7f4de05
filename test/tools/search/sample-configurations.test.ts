import { describe, expect, it } from 'vitest';
import { createRandom } from '../../../src/core/helpers/random.ts';
import type { SearchSpace } from '../../../src/tools/learn/learner.ts';
import { sampleConfiguration, sampleConfigurations } from '../../../src/tools/search/sample-configurations.ts';

const space: SearchSpace = {
  rate: { kind: 'float', low: 0.01, high: 1, scale: 'log' },
  leaves: { kind: 'integer', low: 4, high: 256, scale: 'log' },
  depth: { kind: 'integer', low: 0, high: 3, scale: 'linear' },
  penalty: { kind: 'choice', options: ['l1', 'l2', false] },
};

describe('sampleConfigurations', () => {
  it('uses every part of every axis once', () => {
    const configurations = sampleConfigurations(space, 100, createRandom(1));
    expect(configurations).toHaveLength(100);
    const decades = configurations.map(({ rate }) => Math.floor(Math.log10(rate as number) * 5)).sort((a, b) => a - b);
    const counts = [-10, -9, -8, -7, -6, -5, -4, -3, -2, -1].map(
      (part) => decades.filter((decade) => decade === part).length,
    );
    for (const count of counts) expect(Math.abs(count - 10)).toBeLessThanOrEqual(1);
    expect([0, 1, 2, 3].map((depth) => configurations.filter((found) => found.depth === depth).length)).toEqual([
      25, 25, 25, 25,
    ]);
    expect(configurations.filter(({ penalty }) => penalty === 'l1').length).toBeGreaterThanOrEqual(33);
  });

  it('stays within the bounds of every axis', () => {
    const random = createRandom(2);
    for (let i = 0; i < 2000; i++) {
      const { rate, leaves, depth } = sampleConfiguration(space, random);
      expect(rate).toBeGreaterThanOrEqual(0.01);
      expect(rate).toBeLessThanOrEqual(1);
      expect(leaves).toBeGreaterThanOrEqual(4);
      expect(leaves).toBeLessThanOrEqual(256);
      expect([0, 1, 2, 3]).toContain(depth);
    }
  });

  it('depends on the seed, and not on the order of the axes', () => {
    const turned = Object.fromEntries(Object.entries(space).reverse());
    expect(sampleConfigurations(turned, 20, createRandom(3))).toEqual(sampleConfigurations(space, 20, createRandom(3)));
    expect(sampleConfigurations(space, 20, createRandom(4))).not.toEqual(
      sampleConfigurations(space, 20, createRandom(3)),
    );
  });

  it('gives each configuration once, none that is known, and ends where the space does', () => {
    const small: SearchSpace = { a: { kind: 'choice', options: [1, 2] }, b: { kind: 'choice', options: [1, 2] } };
    const found = sampleConfigurations(small, 50, createRandom(5), [{ a: 1, b: 1 }]);
    expect(found).toHaveLength(3);
    expect(found).not.toContainEqual({ a: 1, b: 1 });
  });
});
