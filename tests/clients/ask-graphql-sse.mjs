// graphql-sse sends queries and mutations like subscriptions, each with a connection of its own.

import { createClient } from 'graphql-sse';
import { askAll, headers, http, throughSink } from './asking.mjs';

await askAll(throughSink(createClient({ url: http, headers, retryAttempts: 0 })));
