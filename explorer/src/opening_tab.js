/** @param {Pick<Storage, 'getItem'>} storage */
function rememberedTab(storage) {
  try {
    const { tabs, activeTabIndex } = JSON.parse(storage.getItem('graphiql:tabState'));
    return tabs[activeTabIndex] ?? tabs[0];
  } catch {
    return undefined;
  }
}

/**
 * The initial editor values for GraphiQL: the tab the user left open, else the first example.
 *
 * GraphiQL fills the query editor from its tabs but never the variables editor, and looks up the
 * open tab by query and variables together; so both are always given, and always from one tab.
 *
 * @param {Pick<Storage, 'getItem'>} storage
 * @param {import('./config.js').ExampleTab[]} examples
 */
export function openingTab(storage, examples) {
  const tab = rememberedTab(storage) ?? examples[0];
  if (!tab) return {};
  return { initialQuery: tab.query ?? '', initialVariables: tab.variables ?? '' };
}
