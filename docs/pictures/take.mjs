// Usage: node docs/pictures/take.mjs URL
// Takes graphiql.png and live.png from a server that runs with the demonstration course, freshly
// loaded: for the second picture a learner hands in lab 4.
import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import { withChromium } from '../../tests/browser/chromium.mjs';

const [url] = process.argv.slice(2);
assert.ok(url, 'usage: node docs/pictures/take.mjs URL');

async function picture(page, name) {
  // The highlighting comes a moment after the text.
  await page.waitForTimeout(1500);
  await page.screenshot({ path: fileURLToPath(new URL(name, import.meta.url)) });
}

async function handInLab4(endpoint, { query, variables }) {
  const { input } = JSON.parse(variables);
  const response = await fetch(new URL(endpoint, url), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query, variables: { input } }),
  });
  const { errors } = await response.json();
  assert.equal(errors, undefined);
}

await withChromium(async (page) => {
  await page.goto(url);
  const { endpoint, tabs } = JSON.parse(await page.locator('#explorer-config').textContent());
  const results = page.locator('.result-window .view-line');
  await page.locator('.graphiql-query-editor .view-line').first().waitFor();
  await page.locator('.graphiql-sidebar .graphiql-spin').waitFor({ state: 'detached' });
  await page.locator('.graphiql-execute-button').click();
  await results.filter({ hasText: '"data"' }).waitFor();
  await picture(page, 'graphiql.png');

  await page.getByRole('tab', { name: 'Live' }).click();
  await page.waitForTimeout(1000);
  await page.locator('.graphiql-execute-button').click();
  await page.waitForTimeout(1000);
  await handInLab4(endpoint, tabs.find((tab) => tab.title === 'Record scores'));
  await results.filter({ hasText: '"CourseGradeChanged"' }).waitFor();
  await picture(page, 'live.png');
});
