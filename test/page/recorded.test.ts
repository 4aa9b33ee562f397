/** The page of runs that are over, in a real browser: fast also for 100,000 steps, and by keyboard alone. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { CHROMIUM, openPage, startBrowser } from '../support/browser.js';
import { MAIN, prospect } from '../support/prospect.js';
import { SPIKE, writeRecordedRun } from '../support/recorded-run.js';

const STEPS = 100_000;
/** About a second on a busy machine; tests run beside each other, on slow ones too. */
const OPENING_MS = 5000;
const TOKEN = 'sixteen letters or more';
const WAIT = { timeout: 10_000 };

describe.skipIf(!CHROMIUM)('the page of a run that is over', () => {
  let folder: string;
  let browser: Browser;
  const started: ChildProcess[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'prospect-page-'));
    browser = await startBrowser();
    await writeRecordedRun(join(folder, 'long'), { steps: STEPS, seed: 1 });
    await writeRecordedRun(join(folder, 'short'), { steps: 300, seed: 2 });
  });
  afterEach(() => {
    for (const child of started.splice(0)) child.kill('SIGKILL');
  });
  afterAll(async () => {
    await browser?.close();
    await rm(folder, { recursive: true, force: true });
  });

  async function served(...args: string[]): Promise<string> {
    const env = { ...process.env, PROSPECT_TOKEN: TOKEN };
    const child = spawn(process.execPath, [MAIN, ...args], { env, stdio: ['ignore', 'pipe', 'inherit'] });
    started.push(child);
    const [text] = (await once(child.stdout, 'data')) as [Buffer];
    return /http:\S+/.exec(text.toString())![0];
  }

  test('opens fast with 100,000 steps, and shows a single one that is unlike its neighbours when looked at closely', async () => {
    const { page, expectCalm } = await openPage(browser, await served('view', join(folder, 'long')));
    expect(await page.evaluate('performance.getEntriesByName("ready")[0].startTime')).toBeLessThan(OPENING_MS);
    expect(await page.textContent('#state')).toBe('finished');
    expect(await page.textContent('#step')).toBe('100,000');
    const loss = page.getByLabel('Loss', { exact: true });
    const plot = loss.getByRole('img');
    await plot.hover();
    const { width, height, x, y } = (await plot.boundingBox())!;
    // The axis takes 58 pixels of the width.
    const at = x + 58 + ((width - 58 - 16) * SPIKE.step) / STEPS;
    await page.mouse.move(at - 20, y + height / 2);
    await page.mouse.down();
    await page.mouse.move(at + 20, y + height / 2, { steps: 4 });
    await page.mouse.up();
    const range = async () =>
      (await page.textContent('#range'))!.match(/\d[\d,]*/g)?.map((text) => Number(text.replace(',', '')));
    await vi.waitUntil(async () => (await range())?.length === 2, WAIT);
    const [from, to] = (await range())!;
    expect(SPIKE.step - from!).toBeGreaterThan(0);
    expect(to! - SPIKE.step).toBeGreaterThan(0);
    expect(to! - from!).toBeLessThan(STEPS / 5);
    await page.getByRole('button', { name: 'Whole run' }).click();
    await vi.waitUntil(async () => /^Drag over/.test((await page.textContent('#range'))!), WAIT);
    const curves = await page.evaluate(`fetch('api/curves?buckets=500').then((answer) => answer.json())`);
    const { steps, curves: by } = curves as { steps: number[]; curves: { loss: { high: number[] } } };
    expect(steps).toHaveLength(500);
    expect(by.loss.high[Math.floor((SPIKE.step - 1) / 200)]).toBeGreaterThan(SPIKE.height);
    await expectCalm();
  });

  test('is read and moved through by keyboard alone', async () => {
    const { page, expectCalm } = await openPage(browser, await served('view', join(folder, 'short')));
    const reached: string[] = [];
    for (let i = 0; i < 20; i++) {
      await page.keyboard.press('Tab');
      reached.push(
        await page.evaluate(
          'document.activeElement.id || document.activeElement.getAttribute("aria-label") || document.activeElement.textContent',
        ),
      );
      if (i === 0) await page.keyboard.press('Enter');
    }
    expect(reached.join('\n')).toMatch(
      /To the run\nalarms\nLoss, steps 1 to 300: loss from .*\nRewards, steps 1 to 300: good from .*; bad from /,
    );
    expect(reached).toEqual(expect.arrayContaining(['timeline', 'Configuration']));

    await page.getByLabel('Loss', { exact: true }).getByRole('img').focus();
    await page.keyboard.press('Home');
    await page.keyboard.press('ArrowRight');
    expect(await page.textContent('#at-cursor')).toMatch(/^Step 2: loss 0\.\d+$/);
    await page.keyboard.press('+');
    await vi.waitUntil(async () => /^Steps 1 to \d+$/.test((await page.textContent('#range'))!), WAIT);
    await page.keyboard.press('0');
    await vi.waitUntil(async () => /^Drag over/.test((await page.textContent('#range'))!), WAIT);
    await expectCalm();
  });

  test('lays runs over each other, and names the settings in which they differ', async () => {
    const { page, expectCalm } = await openPage(
      browser,
      await served('compare', join(folder, 'long'), join(folder, 'short')),
    );
    expect(await page.textContent('#comparison')).toMatch(/steps100,000 of 100,000300 of 300.*training\.seed12/);
    expect(await page.getByLabel('Rewards', { exact: true }).textContent()).toMatch(
      /long good.*long bad.*short good.*short bad/,
    );
    expect(await page.locator('#timeline').isVisible()).toBe(false);
    await expectCalm();
  });

  test('that other machines can reach is shown to who has the token, and not served at all without one', async () => {
    const listen = ['--listen', '0.0.0.0:0'];
    const url = (await served('view', join(folder, 'short'), ...listen)).replace('0.0.0.0', '127.0.0.1');
    expect((await fetch(`${url}api/runs`)).status).toBe(401);
    expect((await fetch(`${url}api/curves`, { headers: { authorization: 'Bearer another' } })).status).toBe(401);
    const page = await browser.newPage();
    await page.goto(url);
    await page.locator('#token').fill(TOKEN);
    await page.keyboard.press('Enter');
    await page.waitForSelector('body[data-ready=yes]');
    expect(await page.textContent('#step')).toBe('300');
    const { exitCode, stderr } = await prospect(['view', folder, ...listen], { PROSPECT_TOKEN: '' });
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining('Set PROSPECT_TOKEN')]);
  });

  test('is refused for a folder that holds no run', async () => {
    const { exitCode, stderr } = await prospect(['view', folder]);
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining('is not a run’s output folder')]);
  });

  test.each(['light', 'dark'] as const)(
    'is as wide as its window, also on a phone, when it is %s',
    async (colorScheme) => {
      const viewport = { width: 360, height: 740 };
      const url = await served('view', join(folder, 'short'));
      const { page, expectCalm } = await openPage(browser, url, { viewport, colorScheme, reducedMotion: 'reduce' });
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(360);
      const widths = await page.evaluate(
        '[...document.querySelectorAll(".panel:not([hidden])")].map((one) => one.offsetWidth)',
      );
      expect(new Set(widths as number[]).size).toBe(1);
      const ground = await page.evaluate('getComputedStyle(document.body).backgroundColor');
      expect(ground).toBe(colorScheme === 'light' ? 'rgb(245, 246, 248)' : 'rgb(15, 20, 27)');
      await expectCalm();
    },
  );

  test('has its steps added as the coordinator sums them up', async () => {
    const { page } = await openPage(browser, await served('view', join(folder, 'short')));
    const [added, summed] = (await page.evaluate(`(async () => {
      const { createCurveData } = await import('/curve-data.js');
      const curves = (to, buckets) => fetch('api/curves?to=' + to + '&buckets=' + buckets).then((answer) => answer.json());
      const [begun, single, whole] = [await curves(93, 10), await curves(300, 300), await curves(300, 30)];
      const names = Object.keys(single.curves).filter((name) => name !== 'kl/band');
      const values = Object.fromEntries(names.map((name) => [name, single.curves[name].mean.slice(93)]));
      const data = createCurveData(begun);
      data.add({ from: 94, values });
      return [[data.steps, data.curves['kl/band'].low, data.curves.loss.mean], [whole.steps, whole.curves['kl/band'].low, whole.curves.loss.mean]];
    })()`)) as number[][][];
    expect(added![0]).toEqual(summed![0]);
    for (const column of [1, 2]) {
      for (const [i, value] of added![column]!.entries()) expect(value).toBeCloseTo(summed![column]![i]!, 4);
    }
  });
});
