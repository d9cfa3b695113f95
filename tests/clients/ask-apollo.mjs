// Apollo Client over HTTP, with its persisted queries or without, or over graphql-ws.

import { createHash } from 'node:crypto';
import { ApolloClient, HttpLink, InMemoryCache, gql } from '@apollo/client';
import { CombinedGraphQLErrors } from '@apollo/client/errors';
import { PersistedQueryLink } from '@apollo/client/link/persisted-queries';
import { GraphQLWsLink } from '@apollo/client/link/subscriptions';
import { createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import { askAll, headers, http, kindOf, refused, told, transport, ws } from './asking.mjs';

// Apollo's link asks whether an error comes from one; Node has none of its own before version 22.
globalThis.WebSocket ??= WebSocket;

const sha256 = (text) => createHash('sha256').update(text).digest('hex');
const sockets = {
  url: ws,
  webSocketImpl: WebSocket,
  connectionParams: headers,
  retryAttempts: 0,
};
// Of each request that was sent over HTTP, whether the document was in it.
const sent = [];
const noting = (uri, options) => {
  sent.push(options.body.includes('"query"'));
  return fetch(uri, options);
};
const links = {
  http: () => new HttpLink({ uri: http, headers, fetch: noting }),
  persisted: () => new PersistedQueryLink({ sha256 }).concat(links.http()),
  websocket: () => new GraphQLWsLink(createClient(sockets)),
};
const client = new ApolloClient({ link: links[transport](), cache: new InMemoryCache() });

function answerOf({ data, error }) {
  if (!error) {
    return told({ data });
  }
  if (CombinedGraphQLErrors.is(error)) {
    return told({ data, errors: error.errors });
  }
  // Of a socket's end the link tells nothing but a sentence.
  const [, closed] = /^Socket closed with event (\d+)/.exec(error.message) ?? [];
  return refused(error.statusCode ?? (closed ? Number(closed) : String(error)));
}

function ask({ query, variables }) {
  const document = gql(query);
  const options = { variables, errorPolicy: 'all', fetchPolicy: 'no-cache' };
  switch (kindOf(query)) {
    case 'mutation':
      return client.mutate({ mutation: document, ...options }).then(answerOf);
    case 'subscription':
      return new Promise((resolve) => {
        const next = (result) => resolve(answerOf(result));
        client.subscribe({ query: document, ...options }).subscribe({ next });
      });
    default:
      return client.query({ query: document, ...options }).then(answerOf);
  }
}

await askAll(async (request) => {
  const answer = await ask(request);
  return transport === 'persisted' ? { ...answer, sent: sent.splice(0) } : answer;
});
