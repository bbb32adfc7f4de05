import { mergeConfig } from 'vitest/config';
import base from './vitest.config.ts';

const config = mergeConfig(base, { test: { testTimeout: 300_000 } });
config.test.include = ['test/interop/**/*.test.ts'];
config.test.exclude = [];
export default config;
