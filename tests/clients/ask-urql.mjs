// urql over HTTP, with subscriptions as Server-Sent Events, or all of it over graphql-ws.

import { Client, fetchExchange, subscriptionExchange } from '@urql/core';
import { createClient } from 'graphql-ws';
import { pipe, take, toPromise } from 'wonka';
import { WebSocket } from 'ws';
import { askAll, headers, http, kindOf, refused, told, transport, ws } from './asking.mjs';

// Leaving a stream before its end, urql aborts the request and lets nobody catch the rejection.
process.on('unhandledRejection', (reason) => {
  if (reason?.name !== 'AbortError') {
    throw reason;
  }
});

function overSockets() {
  const sockets = createClient({
    url: ws,
    webSocketImpl: WebSocket,
    connectionParams: headers,
    retryAttempts: 0,
  });
  return subscriptionExchange({
    enableAllOperations: true,
    forwardSubscription: (request) => ({
      subscribe: (sink) => ({ unsubscribe: sockets.subscribe(request, sink) }),
    }),
  });
}

const client = new Client({
  url: http,
  preferGetMethod: false,
  fetchOptions: { headers },
  fetchSubscriptions: transport === 'http',
  exchanges: [transport === 'http' ? fetchExchange : overSockets()],
});

await askAll(async ({ query, variables }) => {
  const results = client[kindOf(query)](query, variables);
  const { data, error } = await pipe(results, take(1), toPromise);
  if (error?.networkError) {
    return refused(error.response?.status ?? error.networkError.code ?? String(error));
  }
  return told({ data, errors: error?.graphQLErrors });
});
