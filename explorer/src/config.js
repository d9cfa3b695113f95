/**
 * What the server wrote into the page.
 * @typedef {{ title: string, query: string, variables: string }} ExampleTab
 * @typedef {{ title: string, endpoint: string, subscriptionEndpoint: string, tabs: ExampleTab[] }} ExplorerConfig
 */

/** @returns {ExplorerConfig} */
export function readConfig() {
  return JSON.parse(document.getElementById('explorer-config').textContent);
}

/** @param {string} path an absolute path on our own origin */
export function webSocketUrl(path) {
  const url = new URL(path, window.location.href);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  return url.href;
}
