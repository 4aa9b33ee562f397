import { expect, test } from 'vitest';
import type { WebAnswer } from '../../proto/http/route.js';
import { pageFiles } from './page-files.js';

const FILES = new Map(pageFiles().map(({ path, handle }) => [path, handle({} as never) as WebAnswer]));
const INDEX = String(FILES.get('/')!.body);

test('nothing but the page’s own files may run or be loaded', () => {
  for (const { headers } of FILES.values()) {
    const policy = headers!['content-security-policy']!;
    expect(policy).toMatch(/^default-src 'none'; script-src 'self';/);
    expect(policy).not.toMatch(/unsafe|http|\*/);
  }
  expect(INDEX).not.toMatch(/<script(?![^>]* src=)|<style|style="|\son\w+="/);
});

test('all files that the page names are there, and all modules are loaded at once', () => {
  const named = [...INDEX.matchAll(/(?:href|src)="([^"#]+)"/g)].map(([, path]) => `/${path}`);
  expect(named.filter((path) => !FILES.has(path))).toEqual([]);
  const modules = [...FILES.keys()].filter((path) => path.endsWith('.js'));
  expect(modules.filter((path) => !named.includes(path))).toEqual([]);
});

test('every file has its media type', () => {
  expect([...FILES.values()].filter(({ type }) => type === undefined)).toEqual([]);
});
