import { mergeConfig } from 'vitest/config';
import { runtimeEntry } from './test/interop/smollm2.ts';
import base from './vitest.config.ts';

// The tour is compiled against the packed package.
process.env.TRAINERAGENT_BUILD_TYPES = '1';

const config = mergeConfig(base, {
  resolve: { alias: { 'node-llama-cpp': runtimeEntry } },
  test: { testTimeout: 300_000, globalSetup: ['test/interop/smollm2.ts'] },
});
config.test.include = ['test/interop/**/*.test.ts'];
config.test.exclude = [];
export default config;
