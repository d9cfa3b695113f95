import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';

const USUAL_PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  // Without these it looks for its maker's hosts at every start.
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Run `visit(page)` in a fresh Chromium profile and close the browser whatever happens. */
export async function withChromium(visit) {
  const executablePath = process.env.CHROMIUM ?? USUAL_PLACES.find((path) => existsSync(path));
  if (!executablePath) throw new Error(`no Chromium: set CHROMIUM, or install one of ${USUAL_PLACES}`);
  const profile = await mkdtemp(join(tmpdir(), 'coursegrade-chromium-'));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath,
    args: FLAGS,
    colorScheme: 'light',
    viewport: { width: 1400, height: 900 },
  });
  try {
    return await visit(context.pages()[0] ?? (await context.newPage()));
  } finally {
    await context.close();
    await rm(profile, { recursive: true, force: true });
  }
}
