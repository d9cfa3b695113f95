"""One function a question or a change. Resolvers know grades, not GraphQL and not SQL."""
