// graphql-ws sends queries and mutations like subscriptions.

import { createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import { askAll, headers, throughSink, ws } from './asking.mjs';

const client = createClient({
  url: ws,
  webSocketImpl: WebSocket,
  connectionParams: headers,
  retryAttempts: 0,
});

await askAll(throughSink(client));
