// graphql-ws reconnects by itself, and sends its request again.

import { createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import { fail, request, saw, ws } from './watching.mjs';

const client = createClient({
  url: ws,
  webSocketImpl: WebSocket,
  retryAttempts: Infinity,
  retryWait: () => new Promise((resolve) => setTimeout(resolve, 50)),
  shouldRetry: () => true,
});

client.subscribe(request, {
  next: saw,
  error: fail,
  complete: () => fail('the stream was completed'),
});
