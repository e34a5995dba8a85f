// The console of a gate that plays the real toll clip.

import { after, before, test } from 'node:test';
import { startBrowser } from './browser.mjs';
import { tollClip, tollGate } from './gate.mjs';
import { testViews } from './views.mjs';

const clip = tollClip();
if (clip === null) {
  test('the_real_clip', { skip: 'skipped, no data' });
} else {
  let browser;
  let gate;
  before(async () => {
    [browser, gate] = await Promise.all([startBrowser(), tollGate(clip)]);
    await gate.passed(2);
  });
  after(async () => {
    await browser?.close();
    await gate?.stop();
  });
  testViews(() => ({ browser, gate }), 'toll-');
}
