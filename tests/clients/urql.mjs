// urql over graphql-ws, or over Server-Sent Events; it is told to begin again.

import { Client, fetchExchange, subscriptionExchange } from '@urql/core';
import { createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import { pipe, subscribe } from 'wonka';
import { QUERY, fail, http, saw, soon, transport, variables, ws } from './watching.mjs';

const sockets = createClient({ url: ws, webSocketImpl: WebSocket, retryAttempts: 0 });
const overSockets = subscriptionExchange({
  forwardSubscription: (request) => ({
    subscribe: (sink) => ({ unsubscribe: sockets.subscribe(request, sink) }),
  }),
});
const client = new Client({
  url: http,
  preferGetMethod: false,
  fetchSubscriptions: transport === 'sse',
  exchanges: transport === 'sse' ? [fetchExchange] : [overSockets, fetchExchange],
});

const { data, error } = await client.query('{ __typename }', {}).toPromise();
if (error || data.__typename !== 'Query') {
  fail(error ?? data);
}

function watch() {
  let over = false;
  const { unsubscribe } = pipe(
    client.subscription(QUERY, variables()),
    subscribe((result) => {
      if (over) {
        return;
      }
      if (result.data && !result.error) {
        saw(result);
      }
      if (result.error || !result.hasNext) {
        over = true;
        setTimeout(() => unsubscribe(), 0);
        soon(watch);
      }
    }),
  );
}

watch();
