// PostGraphile as its documentation says for a server of its own, without what is for developing.

import { createServer } from 'node:http'

import { postgraphile } from 'postgraphile'
import { makePgService } from 'postgraphile/adaptors/pg'
import { grafserv } from 'postgraphile/grafserv/node'
import { PostGraphileAmberPreset } from 'postgraphile/presets/amber'

const [url, port] = process.argv.slice(2)
const preset = {
  extends: [PostGraphileAmberPreset],
  pgServices: [makePgService({ connectionString: url, schemas: ['shape'], poolConfig: { max: 10 } })],
  grafserv: { graphiql: false, watch: false },
  grafast: { explain: false },
}
const serv = postgraphile(preset).createServ(grafserv)
const server = createServer()
await serv.addTo(server)
if (process.env.PRINT_SCHEMA) {
  const { printSchema } = await import('graphql')
  console.log(printSchema(await serv.getSchema()))
}
server.listen(Number(port), '127.0.0.1')
