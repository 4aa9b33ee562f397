import { afterEach, expect, test, vi } from 'vitest';
import { engineFolder, enginesFolder } from './locate.js';

afterEach(() => vi.unstubAllEnvs());

test('engines lie in the cache, or where an image has them', () => {
  vi.stubEnv('PROSPECT_ENGINES', '');
  expect(enginesFolder('/cache')).toBe('/cache/engines');
  vi.stubEnv('PROSPECT_ENGINES', '/opt/prospect/engines');
  expect(enginesFolder('/cache')).toBe('/opt/prospect/engines');
  expect(engineFolder('tensorflow', '/cache')).toMatch(/^\/opt\/prospect\/engines\/tensorflow-/);
});
