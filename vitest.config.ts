import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['{core,coordinator,worker,cli,test}/**/*.test.ts'],
    exclude: ['node_modules', 'dist'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 300_000,
  },
});
