import 'graphiql/setup-workers/vite';
import { explorerPlugin } from '@graphiql/plugin-explorer';
import { HISTORY_PLUGIN } from '@graphiql/plugin-history';
import { createGraphiQLFetcher } from '@graphiql/toolkit';
import { GraphiQL } from 'graphiql';
import { createRoot } from 'react-dom/client';
import 'graphiql/style.css';
import '@graphiql/plugin-explorer/style.css';
import './page.css';
import { ExamplesMenu } from './ExamplesMenu.jsx';
import { readConfig, webSocketUrl } from './config.js';
import logoUrl from './favicon.svg';
import { openingTab } from './opening_tab.js';
import { storage } from './storage.js';

const config = readConfig();
const examples = config.tabs;
document.title = config.title;

const fetcher = createGraphiQLFetcher({
  url: config.endpoint,
  subscriptionUrl: webSocketUrl(config.subscriptionEndpoint),
  enableIncrementalDelivery: false,
});

createRoot(document.getElementById('explorer')).render(
  <GraphiQL
    fetcher={fetcher}
    plugins={[HISTORY_PLUGIN, explorerPlugin()]}
    defaultTabs={examples.length > 0 ? examples : undefined}
    {...openingTab(storage, examples)}
    defaultEditorToolsVisibility="variables"
    inputValueDeprecation
    schemaDescription
    shouldPersistHeaders={false}
    storage={storage}
  >
    <GraphiQL.Logo>
      <span className="coursegrade-logo">
        <img src={logoUrl} alt="" />
        {config.title}
      </span>
    </GraphiQL.Logo>
    <GraphiQL.Toolbar>
      {({ prettify, merge, copy }) => (
        <>
          {prettify}
          {merge}
          {copy}
          {examples.length > 0 && <ExamplesMenu examples={examples} />}
        </>
      )}
    </GraphiQL.Toolbar>
  </GraphiQL>,
);
