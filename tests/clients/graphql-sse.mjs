// graphql-sse reconnects by itself, and sends its request again.

import { createClient } from 'graphql-sse';
import { fail, http, request, saw } from './watching.mjs';

const client = createClient({
  url: http,
  retryAttempts: Infinity,
  retry: () => new Promise((resolve) => setTimeout(resolve, 50)),
});

client.subscribe(request, {
  next: saw,
  error: fail,
  complete: () => fail('the stream was completed'),
});
