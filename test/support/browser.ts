/** Debian's chromium, and pages in it that remember what must not happen: errors, and things that move by themselves. */
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { expect } from 'vitest';

const FOLDERS = [...(process.env.PATH ?? '').split(delimiter), '/usr/bin'];

/** undefined: tests of the page are skipped, and say so. */
export const CHROMIUM = ['chromium', 'chromium-browser', 'google-chrome']
  .flatMap((name) => FOLDERS.map((folder) => join(folder, name)))
  .find(existsSync);

if (!CHROMIUM) {
  console.warn('\n*** There is no chromium: tests of the page are SKIPPED (Debian: apt-get install chromium) ***\n');
}

export interface WatchedPage {
  readonly page: Page;
  /** Nothing failed, and nothing moved that nobody moved. @param allowed what may be in an error's text. */
  expectCalm(allowed?: RegExp): Promise<void>;
}

/** A layout shift's score that nobody can see: a fraction of a pixel, as fonts are rounded. */
const LEAST_SHIFT = 1e-4;

/** Root has no sandbox for it, as in containers. */
export function startBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: CHROMIUM!, args: ['--no-sandbox'] });
}

export async function openPage(
  browser: Browser,
  url: string,
  context: BrowserContextOptions = {},
): Promise<WatchedPage> {
  const page = await browser.newPage({ viewport: { width: 1440, height: 1000 }, ...context });
  const errors: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') errors.push(message.text());
  });
  page.on('pageerror', (error) => errors.push(error.message));
  await page.addInitScript(`
    globalThis.moved = [];
    new PerformanceObserver((list) => {
      for (const { value, hadRecentInput, sources } of list.getEntries())
        if (!hadRecentInput && value > ${LEAST_SHIFT}) moved.push(value + ' ' + sources.map(({ node }) => node?.id || node?.className || node?.nodeName));
    }).observe({ type: 'layout-shift', buffered: true });
  `);
  await page.goto(url);
  await page.waitForSelector('body[data-ready=yes]');
  return {
    page,
    async expectCalm(allowed = /$^/) {
      expect(errors.filter((text) => !allowed.test(text))).toEqual([]);
      expect(await page.evaluate('moved')).toEqual([]);
    },
  };
}
