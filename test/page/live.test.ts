/** The page of a run of real processes in a real browser: it shows what happens, and does what it is told. */

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { CHROMIUM, openPage, startBrowser } from '../support/browser.js';
import { freePort } from '../support/free-port.js';
import { createSteeredRuns, type SteeredRuns } from '../support/steered-runs.js';

const LONG_RUN = ['--set', 'training.maxSteps=2000', '--set', 'training.epochs=2000'];
/** While a coordinator is away, the browser says so for each try. */
const AWAY =
  /Failed to load resource|ERR_CONNECTION_REFUSED|ERR_INCOMPLETE_CHUNKED_ENCODING|ERR_EMPTY_RESPONSE|ERR_CONNECTION_RESET/;
const WAIT = { timeout: 40_000 };
const TEST_MS = 150_000;

describe.skipIf(!CHROMIUM)('the page of a run that goes on', { timeout: TEST_MS }, () => {
  let runs: SteeredRuns;
  let browser: Browser;

  beforeAll(async () => {
    runs = await createSteeredRuns();
    browser = await startBrowser();
  });
  afterEach(() => runs.killAll());
  afterAll(async () => {
    await browser?.close();
    await runs?.remove();
  });

  async function startRun(name: string, more: readonly string[] = []) {
    const port = await freePort();
    const flags = [...LONG_RUN, '--metrics-listen', String(port), ...more];
    const { coordinator, address } = await runs.startCoordinator(name, flags);
    const workers = runs.startWorkers(address);
    await runs.stepWritten(name, 2);
    return { coordinator, address, workers, flags, url: `http://127.0.0.1:${port}/` };
  }

  test('shows new steps, a worker that is killed and one that takes its place, without anything moving', async () => {
    const { workers, address, url } = await startRun('killed');
    const { page, expectCalm } = await openPage(browser, url);
    await shows(page, '#state', /^training$/);
    const step = await stepOf(page);
    await vi.waitUntil(async () => (await stepOf(page)) > step + 2, WAIT);
    await shows(page, '#workers', /aactive.*bactive/);
    await vi.waitUntil(async () => /between/.test(await labelOf(page, 'Loss')), WAIT);

    workers[0]!.child.kill('SIGKILL');
    await shows(page, '#workers', /alost/);
    await shows(page, '#timeline', /a is gone: /);
    const alone = await stepOf(page);
    await vi.waitUntil(async () => (await stepOf(page)) > alone, WAIT);
    runs.startProcess('worker', '--coordinator', address, '--id', 'c');
    await shows(page, '#workers', /bactive.*cactive/);
    await shows(page, '#timeline', /b, c compute/);
    await expectCalm();
  });

  test('goes on by itself after the coordinator was killed and started again, with each step and event once', async () => {
    const { coordinator, address, flags, url } = await startRun('restarted');
    const { page, expectCalm } = await openPage(browser, url);
    await shows(page, '#state', /^training$/);
    coordinator.child.kill('SIGKILL');
    await shows(page, '#state', /^no connection$/);
    const step = await stepOf(page);
    await runs.replace('restarted', coordinator, address, flags);
    await shows(page, '#state', /^training$/);
    await vi.waitUntil(async () => (await stepOf(page)) > step + 2, WAIT);
    await shows(page, '#timeline', /The coordinator was started again/);
    const told = await runs.eventsOf('restarted');
    const shown = await page.locator('#timeline li').count();
    expect(shown).toBe(told.filter(({ kind }) => kind !== 'step').length);
    await expectCalm(AWAY);
  });

  test('shows what a snapshot answers to the prompts of the run, beside the base model’s answers', async () => {
    const samples = ['--set', 'samples.prompts=["Hello there"]', '--set', 'samples.maxTokens=8'];
    const { url } = await startRun('sampled', ['--set', 'snapshots.everySteps=10', ...samples]);
    const { page, expectCalm } = await openPage(browser, url);
    await shows(page, '#samples', /^Hello there./);
    await shows(page, '#sample-step', /step \d+0/);
    const line = JSON.parse((await readFile(join(runs.outputOf('sampled'), 'samples.jsonl'), 'utf8')).split('\n')[0]!);
    expect(line).toMatchObject({ prompts: ['Hello there'], base: [expect.any(String)], answers: [expect.any(String)] });
    expect(await page.locator('#samples td').count()).toBe(2);
    await expectCalm();
  });

  test('takes commands from who has the token alone, asks for it once, and says what will happen', async () => {
    const { coordinator, url } = await startRun('commanded');
    const { page, expectCalm } = await openPage(browser, url);
    await page.getByRole('button', { name: 'Pause' }).click();
    await page.locator('#token').fill('not the token of this run');
    await page.keyboard.press('Enter');
    await shows(page, '#answer', /^The token is not this run’s; nothing was changed/);
    await page.getByRole('button', { name: 'Pause' }).click();
    await page.locator('#token').fill((await readFile(runs.tokenOf('commanded'), 'utf8')).trim());
    await page.keyboard.press('Enter');
    await shows(page, '#answer', /^Pauses after step \d+/);
    await shows(page, '#state', /^paused$/);
    await shows(page, '#timeline', /Command pause, accepted/);

    await page.getByRole('button', { name: 'Evaluate now' }).click();
    await shows(page, '#evaluations', /%/);
    await page.getByLabel('Peak learning rate').fill('0.0005');
    await page.keyboard.press('Enter');
    await shows(page, '#answer', /^The peak learning rate is 0.0005 from step \d+ on/);
    await page.getByLabel('Workers at least').fill('5');
    await page.getByLabel('at most').fill('3');
    await page.keyboard.press('Enter');
    await shows(page, '#answer', /refused, nothing changes/);
    await page.getByRole('button', { name: 'Resume' }).click();
    await shows(page, '#state', /^training$/);

    await page.getByRole('button', { name: 'Stop …' }).click();
    await page.getByRole('button', { name: 'Stop with a snapshot' }).click();
    await shows(page, '#answer', /^Stops .*with a snapshot/);
    expect(await coordinator.ended()).toBe(130);
    await shows(page, '#timeline', /Stopped after step \d+: stopped by command/);
    await expectCalm(AWAY);
  });
});

/** Waits until an element's text is like this. */
async function shows(page: Page, selector: string, pattern: RegExp): Promise<void> {
  let text = '';
  const isShown = async () => {
    text = (await page.textContent(selector)) ?? '';
    return pattern.test(text);
  };
  await vi.waitUntil(isShown, WAIT).catch(() => expect(text).toMatch(pattern));
}

async function stepOf(page: Page): Promise<number> {
  return Number((await page.textContent('#step'))!.replaceAll(',', ''));
}

async function labelOf(page: Page, chart: string): Promise<string> {
  return (await page.getByLabel(chart, { exact: true }).getByRole('img').getAttribute('aria-label')) ?? '';
}
