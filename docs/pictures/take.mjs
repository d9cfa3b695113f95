// Usage: node docs/pictures/take.mjs URL
// Takes graphiql.png from a server that runs with the demonstration course.
import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import { withChromium } from '../../tests/browser/chromium.mjs';

const [url] = process.argv.slice(2);
assert.ok(url, 'usage: node docs/pictures/take.mjs URL');

await withChromium(async (page) => {
  await page.goto(url);
  await page.locator('.graphiql-query-editor .view-line').first().waitFor();
  await page.locator('.graphiql-sidebar .graphiql-spin').waitFor({ state: 'detached' });
  await page.locator('.graphiql-execute-button').click();
  await page.locator('.result-window .view-line', { hasText: '"data"' }).waitFor();
  // The highlighting comes a moment after the text.
  await page.waitForTimeout(1500);
  await page.screenshot({ path: fileURLToPath(new URL('graphiql.png', import.meta.url)) });
});
