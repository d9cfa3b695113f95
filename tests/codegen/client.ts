// What every GraphQL client is to an application: documents in, typed data out.
import type { TypedDocumentNode } from '@graphql-typed-document-node/core';

export interface Client {
  ask<Data, Variables>(
    document: TypedDocumentNode<Data, Variables>,
    variables: Variables,
  ): Promise<Data>;
  follow<Data, Variables>(
    document: TypedDocumentNode<Data, Variables>,
    variables: Variables,
  ): AsyncIterable<Data>;
}
