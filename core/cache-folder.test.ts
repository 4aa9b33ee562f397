import { describe, expect, it } from 'vitest';
import { cacheFolder } from './cache-folder.js';

describe('the cache folder', () => {
  it('is what PROSPECT_CACHE names before anything else', () => {
    expect(cacheFolder({ PROSPECT_CACHE: '/a/b', XDG_CACHE_HOME: '/x' }, '/home/ada')).toBe('/a/b');
  });

  it('is a folder of its own under XDG_CACHE_HOME', () => {
    expect(cacheFolder({ XDG_CACHE_HOME: '/x' }, '/home/ada')).toBe('/x/prospect');
  });

  it('lies in the home folder otherwise, also when the variables are empty', () => {
    expect(cacheFolder({ PROSPECT_CACHE: '', XDG_CACHE_HOME: '' }, '/home/ada')).toBe('/home/ada/.cache/prospect');
  });
});
