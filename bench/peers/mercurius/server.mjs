// Mercurius as its documentation says for production: graphql-jit from the first request on, and
// loaders, which read a relation of a whole list at once.

import Fastify from 'fastify'
import mercurius from 'mercurius'
import pg from 'pg'

import { cellOf, gradeOf, readBlocks, readCells, readGrade, readPage } from './grades.mjs'
import { recordScore } from './recording.mjs'
import { schema } from './schema.mjs'

const [url, port] = process.argv.slice(2)
const pool = new pg.Pool({ connectionString: url, max: 10 })
const blocks = new Map((await readBlocks(pool)).rows.map((row) => [row.id, row.usage_key]))
const blockIds = new Map([...blocks].map(([id, usageKey]) => [usageKey, id]))

const resolvers = {
  Query: {
    course: (_, { courseKey }) => ({ courseKey }),
    courseGrade: async (_, { courseKey, learner }) => {
      const { rows } = await readGrade(pool, [courseKey, learner.username])
      return rows.length ? gradeOf(rows[0]) : null
    },
  },
  Course: {
    gradebook: async ({ courseKey }, { first, after }) => {
      const { rows } = await readPage(pool, [courseKey, after ?? '', first])
      return { nodes: rows.map((row) => ({ learner: { username: row.username }, courseGrade: gradeOf(row) })) }
    },
  },
  Mutation: {
    recordScores: async (_, { input }) => {
      const results = []
      for (const score of input.scores) results.push(await recordScore(pool, blockIds, input.courseKey, score))
      return { results }
    },
  },
}

const loaders = {
  CourseGrade: {
    subsectionGrades: {
      loader: async (queries) => {
        const learners = queries.map(({ obj }) => obj.row.learner_id)
        const { rows } = await readCells(pool, [queries[0].obj.row.course_id, learners])
        const byLearner = new Map(learners.map((learner) => [learner, []]))
        for (const row of rows) byLearner.get(row.learner_id).push(cellOf(row, blocks))
        return learners.map((learner) => byLearner.get(learner))
      },
      opts: { cache: false }, // each grade is asked for once in a request
    },
  },
}

const app = Fastify({ logger: false })
app.register(mercurius, { schema, resolvers, loaders, jit: 1, graphiql: false })
await app.listen({ port: Number(port), host: '127.0.0.1' })
