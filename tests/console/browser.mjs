// A real browser, and what every page in it must keep: no fault, no sideways scrolling, nothing that shuts people out.

import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { PATIENCE_MS, ROOT } from './gate.mjs';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const PICTURES = join(ROOT, 'target/console-tests/pictures');
const DOCS = join(ROOT, 'docs/pictures/console');

/** The screenshots that the documentation shows; they are renewed there if CONSOLE_PICTURES is `docs`. */
const IN_DOCS = [
  ...['live', 'passages', 'passage', 'health', 'zones', 'archive', 'setup'].map((view) => `${view}-desktop-en`),
  'live-phone-vi', 'passage-phone-zh', 'sign_in-phone-en',
];

export const SIZES = { phone: { width: 360, height: 740 }, desktop: { width: 1280, height: 800 } };
export const LANGUAGES = ['en', 'vi', 'zh'];

/** Starts Debian's Chromium. */
export const startBrowser = () => chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium' });

/** A page of the console, in which every fault that the browser tells of is kept. */
export async function openPage(browser, gate, { size = 'desktop', language, path = '', zone = 'Asia/Ho_Chi_Minh' } = {}) {
  const context = await browser.newContext({ viewport: SIZES[size], hasTouch: size === 'phone', timezoneId: zone, locale: 'en-GB' });
  context.setDefaultTimeout(PATIENCE_MS);
  if (language) await context.addInitScript((chosen) => localStorage.setItem('gatelpr-language', chosen), language);
  const page = await context.newPage();
  page.faults = [];
  page.on('pageerror', (error) => page.faults.push(error.stack));
  page.on('console', (message) => {
    // An answer that is no success is told by the browser too; pages are told of these, and say so themselves.
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource')) page.faults.push(message.text());
  });
  await page.goto(`${gate.address}/#/${path}`);
  await page.locator('h1').first().waitFor();
  return page;
}

/** Goes to another view of the same page. */
export async function goTo(page, path) {
  await page.evaluate((hash) => { location.hash = hash; }, `#/${path}`);
  await page.locator('h1').first().waitFor();
}

/** Checks what every view must keep, in light and in dark unless only one of them is asked for. */
export async function checkPage(page, what, schemes = ['light', 'dark']) {
  assert.deepEqual(page.faults, [], `${what}: the browser tells of faults`);
  const sideways = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  assert.ok(sideways <= 0, `${what}: ${sideways} pixels wider than the screen`);
  await page.evaluate(AXE);
  for (const colorScheme of schemes) {
    await page.emulateMedia({ colorScheme });
    const { violations } = await page.evaluate(() => globalThis.axe.run());
    const serious = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
    const told = serious.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 200)).join('\n')}`);
    assert.deepEqual(told, [], `${what}, ${colorScheme}`);
  }
  await page.emulateMedia({ colorScheme: 'light' });
}

/** Keeps a screenshot as WebP, which the browser itself makes of it. */
export async function keepPicture(page, name, fullPage = false) {
  const png = await page.screenshot({ fullPage });
  const maker = await page.context().newPage();
  const url = await maker.evaluate(async (data) => {
    const image = new Image();
    image.src = `data:image/png;base64,${data}`;
    await image.decode();
    const canvas = document.createElement('canvas');
    [canvas.width, canvas.height] = [image.width, image.height];
    canvas.getContext('2d').drawImage(image, 0, 0);
    return canvas.toDataURL('image/webp', 0.85);
  }, png.toString('base64'));
  await maker.close();
  const folders = process.env.CONSOLE_PICTURES === 'docs' && IN_DOCS.includes(name) ? [PICTURES, DOCS] : [PICTURES];
  for (const folder of folders) {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, `${name}.webp`), Buffer.from(url.split(',')[1], 'base64'));
  }
}
