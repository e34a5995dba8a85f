// A console with a password: nothing without it, everything with it.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { LANGUAGES, SIZES, checkPage, keepPicture, openPage, startBrowser } from './browser.mjs';
import { drawnGate, passwordHash } from './gate.mjs';

const PASSWORD = 'a long word for the gate';
let browser;
let gate;
let folder;

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'gatelpr-password-'));
  const file = await passwordHash(folder, PASSWORD);
  [browser, gate] = await Promise.all([startBrowser(), drawnGate(`password_hash_file = '${file}'\n`)]);
});
after(async () => {
  await browser?.close();
  await gate?.stop();
  rmSync(folder, { recursive: true, force: true });
});

for (const size of Object.keys(SIZES)) {
  for (const language of LANGUAGES) {
    test(`signing_in_on_${size}_in_${language}`, async () => {
      const page = await openPage(browser, gate, { size, language, path: 'health' });
      await page.locator('#password').waitFor();
      assert.equal(await page.locator('nav').count(), 0, 'no views before the password');
      await checkPage(page, `signing in on ${size} in ${language}`);
      await keepPicture(page, `sign_in-${size}-${language}`);
      await page.context().close();
    });
  }
}

test('a_wrong_password_is_told_and_the_right_one_opens_what_was_asked_for', async () => {
  const page = await openPage(browser, gate, { language: 'en', path: 'health' });
  await page.locator('#password').fill('something else');
  await page.keyboard.press('Enter');
  await page.locator('.trouble', { hasText: 'not the password' }).waitFor();
  await page.locator('#password').fill(PASSWORD);
  await page.keyboard.press('Enter');
  await page.locator('.item').first().waitFor();
  const [cookie] = await page.context().cookies();
  assert.deepEqual([cookie.name, cookie.httpOnly, cookie.sameSite], ['gatelpr_session', true, 'Strict']);
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.locator('#password').waitFor();
  await page.context().close();
});

test('a_session_that_ends_while_somebody_looks_leads_to_the_password', async () => {
  const page = await openPage(browser, gate, { language: 'en', path: 'health' });
  await page.locator('#password').fill(PASSWORD);
  await page.keyboard.press('Enter');
  await page.locator('.item').first().waitFor();
  await page.context().clearCookies();
  await page.locator('#password').waitFor();
  await page.context().close();
});
