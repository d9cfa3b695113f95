// Usage: node explorer.check.mjs URL OUT_DIR
// Opens the explorer as a person would; prints what it saw; exit status 1 when something is wrong.
import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { withChromium } from './chromium.mjs';

const [url, outDir] = process.argv.slice(2);
assert.ok(url && outDir, 'usage: node explorer.check.mjs URL OUT_DIR');
const { origin } = new URL(url);
await mkdir(outDir, { recursive: true });

function isOurs(address) {
  const { protocol, host } = new URL(address);
  return ['data:', 'blob:'].includes(protocol) || host === new URL(origin).host;
}

/** Collect everything a clean page must not do. */
async function watch(page) {
  const faults = [];
  await page.exposeFunction('reportViolation', (text) => faults.push(`CSP violation: ${text}`));
  await page.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', (event) => {
      window.reportViolation(`${event.violatedDirective} ${event.blockedURI}`);
    });
  });
  page.on('request', (request) => {
    if (!isOurs(request.url())) faults.push(`foreign request: ${request.url()}`);
  });
  page.on('websocket', (socket) => {
    if (!isOurs(socket.url())) faults.push(`foreign socket: ${socket.url()}`);
  });
  page.on('requestfailed', (request) => {
    faults.push(`failed request: ${request.url()} ${request.failure()?.errorText}`);
  });
  page.on('response', (response) => {
    if (response.status() >= 400) faults.push(`status ${response.status()}: ${response.url()}`);
  });
  page.on('console', (message) => {
    if (message.type() === 'error') faults.push(`console: ${message.text()}`);
  });
  page.on('pageerror', (error) => faults.push(`uncaught: ${error.message}`));
  return faults;
}

async function readConfig(page) {
  return JSON.parse(await page.locator('#explorer-config').textContent());
}

/** Wait until the editors are there and the schema was read. */
async function ready(page) {
  await page.locator('.graphiql-query-editor .view-line').first().waitFor();
  await page.locator('.result-window .monaco-editor').waitFor();
  await page.locator('.graphiql-sidebar .graphiql-spin').waitFor({ state: 'detached' });
}

/** Press the execute button; return what was sent and what came back. */
async function execute(page, endpoint) {
  const answered = page.waitForResponse(
    (response) => response.url() === new URL(endpoint, origin).href
      && response.request().postDataJSON()?.operationName !== 'IntrospectionQuery',
  );
  await page.locator('.graphiql-execute-button').click();
  const response = await answered;
  const request = response.request();
  return { sent: request.postDataJSON(), headers: request.headers(), answer: await response.json() };
}

async function runsTheOpenTab(page, endpoint, example) {
  const { sent, answer } = await execute(page, endpoint);
  assert.equal(sent.query, example.query, 'the first example is sent');
  assert.deepEqual(sent.variables ?? {}, JSON.parse(example.variables || '{}'), 'with its variables');
  assert.equal(answer.errors, undefined, `no errors: ${JSON.stringify(answer.errors)}`);
  assert.ok(answer.data, 'an answer has data');
  await page.locator('.result-window .view-line', { hasText: '"data"' }).waitFor();
}

async function opensThePanes(page) {
  await page.getByRole('button', { name: 'Show History' }).click();
  await page.locator('.graphiql-history-item').first().waitFor();
  await page.getByRole('button', { name: 'Show GraphiQL Explorer' }).click();
  await page.locator('.docExplorerWrap').waitFor();
  await page.getByRole('button', { name: 'Show Documentation Explorer' }).click();
  await page.getByText('A GraphQL schema provides a root type').waitFor();
  await page.getByRole('button', { name: 'Hide Documentation Explorer' }).click();
}

async function offersTheExamplesAgain(page, examples) {
  const tabs = page.getByRole('tab');
  assert.equal(await tabs.count(), examples.length, 'one tab an example on the first visit');
  await page.getByRole('button', { name: 'Examples' }).click();
  const items = page.getByRole('menuitem');
  assert.deepEqual(await items.allTextContents(), examples.map((example) => example.title));
  await items.first().click();
  await tabs.nth(examples.length).waitFor();
}

/** Wait until GraphiQL, which writes its tabs half a second late, has stored this one. */
async function remembered(page, index, { query, variables }) {
  await page.waitForFunction(
    (wanted) => {
      const tab = JSON.parse(localStorage.getItem('graphiql:tabState'))?.tabs[wanted.index];
      return tab?.query === wanted.query && (tab.variables ?? '') === wanted.variables;
    },
    { index, query, variables },
  );
}

/** Run an operation with a header: it must be sent, and never be written to disk. */
async function keepsHeadersToItself(page, endpoint) {
  const secret = 'not-for-the-disk';
  // The history takes a new operation only, so the header must come with one.
  await page.getByRole('button', { name: 'New tab' }).click();
  await page.locator('.graphiql-query-editor .monaco-editor').click();
  await page.keyboard.insertText('query NewOperation { __typename }');
  await page.getByRole('button', { name: 'Headers' }).click();
  await page.locator('.graphiql-editor-tool .graphiql-editor:not(.hidden)').click();
  await page.keyboard.insertText(JSON.stringify({ 'x-explorer-check': secret }));
  // What is typed reaches the tab, and with that the history, a moment later.
  await page.waitForTimeout(500);
  const { headers } = await execute(page, endpoint);
  assert.equal(headers['x-explorer-check'], secret, 'the header is sent');
  await page.waitForTimeout(1000);
  const stored = await page.evaluate(() => JSON.stringify(localStorage));
  assert.match(stored, /graphiql:queries.*NewOperation/, 'the history is stored');
  assert.ok(!stored.includes(secret), 'headers stay out of the browser storage');
}

const RECORDING = 'Record scores';
const LIVE = 'Live';

/** Send the example that records scores, with other points and at this moment. */
async function record(endpoint, { query, variables }, points) {
  const { input } = JSON.parse(variables);
  const timestamp = new Date().toISOString();
  const scores = input.scores.map((score) => ({ ...score, scoreGiven: points, timestamp }));
  const response = await fetch(new URL(endpoint, origin), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query, variables: { input: { ...input, scores } } }),
  });
  const { errors, data } = await response.json();
  assert.equal(errors, undefined, `no errors: ${JSON.stringify(errors)}`);
  assert.deepEqual(data.recordScores.userErrors, []);
}

/** Run the subscription, change a grade from elsewhere, and see it appear without a click. */
async function showsEventsLive(page, endpoint, examples) {
  const recording = examples.find((example) => example.title === RECORDING);
  await page.getByRole('button', { name: 'Examples' }).click();
  await page.getByRole('menuitem', { name: LIVE, exact: true }).click();
  await page.locator('.graphiql-query-editor .view-line', { hasText: 'subscription' }).waitFor();
  // Which operation is to be run reaches the button a moment later.
  await page.waitForTimeout(1000);
  const opened = page.waitForEvent('websocket');
  await page.locator('.graphiql-execute-button').click();
  await opened;

  const told = page.locator('.result-window .view-line', { hasText: '"occurredAt"' });
  // When the server began to follow cannot be seen from here, so the first change may be too early.
  let points = 0;
  for (let tries = 0; tries < 50 && (await told.count()) === 0; tries += 1) {
    await record(endpoint, recording, points);
    points = 1 - points;
    await page.waitForTimeout(300);
  }
  const first = await told.textContent();
  await record(endpoint, recording, points);
  await page
    .locator('.result-window .view-line', { hasText: '"occurredAt"', hasNotText: first.trim() })
    .waitFor();
  await page.locator('.result-window .view-line', { hasText: 'Saoirse Kinnevan' }).waitFor();
  await page.screenshot({ path: join(outDir, 'live.png') });

  await page.getByRole('button', { name: 'Stop query' }).click();
  await page.getByRole('button', { name: 'Execute query' }).waitFor();
}

await withChromium(async (page) => {
  const faults = await watch(page);
  await page.goto(url);
  await ready(page);
  const { endpoint, tabs: examples } = await readConfig(page);
  assert.ok(examples.length > 0, 'the server offers examples');

  await runsTheOpenTab(page, endpoint, examples[0]);
  await page.screenshot({ path: join(outDir, 'explorer.png') });
  await opensThePanes(page);
  await offersTheExamplesAgain(page, examples);
  await runsTheOpenTab(page, endpoint, examples[0]);

  await remembered(page, examples.length, examples[0]);
  await page.reload();
  await ready(page);
  assert.equal(await page.getByRole('tab').count(), examples.length + 1, 'tabs are remembered');
  await runsTheOpenTab(page, endpoint, examples[0]);
  await keepsHeadersToItself(page, endpoint);
  await showsEventsLive(page, endpoint, examples);

  assert.deepEqual(faults, []);
  console.log(JSON.stringify({ url, examples: examples.length, screenshot: 'explorer.png' }));
});
