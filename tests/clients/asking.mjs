// What every program that asks does alike: it reads requests from its arguments, sends one after the
// other, and prints a line for each answer. Arguments: the endpoint's host and path, the requests as
// JSON, an Authorization value or nothing, and a transport where a client has several.

const [, , place, requests, authorization, transport] = process.argv;

export { transport };
export const http = `http://${place}`;
export const ws = `ws://${place}`;
export const headers = authorization ? { authorization } : {};

/** The operation's kind, by its first word. */
export function kindOf(query) {
  return /^\s*(query|mutation|subscription)/.exec(query)?.[1] ?? 'query';
}

/** An answer as it is printed: the data as it was asked for, and of each error the code and the path. */
export function told({ data, errors }) {
  const codes = (errors ?? []).map(({ extensions, path }) => [extensions?.code ?? null, path ?? null]);
  return { data: JSON.parse(JSON.stringify(data ?? null, withoutTypes)), errors: codes };
}

/** Some clients ask for the type of everything. */
function withoutTypes(key, value) {
  return key === '__typename' ? undefined : value;
}

/** What came of a request that got no answer in GraphQL's form. */
export function refused(status) {
  return { refused: status };
}

/** Send all requests with a client's own way to send one, and print what came. */
export async function askAll(ask) {
  for (const request of JSON.parse(requests)) {
    console.log(JSON.stringify(await ask(request)));
  }
  process.exit(0);
}

/** Ask a client that has sinks, as graphql-ws and graphql-sse do, for the first result. */
export function throughSink(client) {
  return (request) =>
    new Promise((resolve) => {
      const stop = client.subscribe(request, {
        next(result) {
          resolve(told(result));
          if (kindOf(request.query) === 'subscription') {
            stop();
          }
        },
        error(error) {
          if (Array.isArray(error)) {
            resolve(told({ errors: error }));
          } else {
            resolve(refused(error.code ?? error.response?.status ?? String(error)));
          }
        },
        complete() {},
      });
    });
}
