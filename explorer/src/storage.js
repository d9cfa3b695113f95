const HISTORY_KEYS = ['graphiql:queries', 'graphiql:favorites'];

function withoutHeaders(text) {
  return JSON.stringify(JSON.parse(text), (key, value) => (key === 'headers' ? undefined : value));
}

/**
 * The browser's storage for GraphiQL, minus the headers of its history.
 *
 * Headers hold access tokens. `shouldPersistHeaders={false}` keeps them out of the stored tabs
 * only; the history writes them to disk all the same.
 */
export const storage = {
  getItem: (key) => localStorage.getItem(key),
  setItem: (key, value) => {
    localStorage.setItem(key, HISTORY_KEYS.includes(key) ? withoutHeaders(value) : value);
  },
  removeItem: (key) => localStorage.removeItem(key),
  clear: () => localStorage.clear(),
  get length() {
    return localStorage.length;
  },
};
