// Apollo Client over graphql-ws, or over multipart responses; it is told to begin again.

import { ApolloClient, HttpLink, InMemoryCache, gql } from '@apollo/client';
import { GraphQLWsLink } from '@apollo/client/link/subscriptions';
import { createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import { QUERY, http, saw, soon, transport, variables, ws } from './watching.mjs';

// Apollo's link asks whether an error comes from one; Node has none of its own before version 22.
globalThis.WebSocket ??= WebSocket;

const link =
  transport === 'websocket'
    ? new GraphQLWsLink(createClient({ url: ws, webSocketImpl: WebSocket, retryAttempts: 0 }))
    : new HttpLink({ uri: http });
const client = new ApolloClient({ link, cache: new InMemoryCache() });

function watch() {
  let over = false;
  function again() {
    if (!over) {
      over = true;
      soon(watch);
    }
  }
  client.subscribe({ query: gql(QUERY), variables: variables() }).subscribe({
    next: (result) => {
      // A multipart stream that is cut comes as a result with an error and no data.
      if (result.error && !result.data) {
        again();
      } else {
        saw(result);
      }
    },
    error: again,
    complete: again,
  });
}

watch();
