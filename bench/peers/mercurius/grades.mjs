// What is read: prepared statements, one for a list whatever its length.

import pg from 'pg'

// Moments as text, as fast as they come: a Date would lose the microseconds, too.
pg.types.setTypeParser(pg.types.builtins.TIMESTAMPTZ, (text) => `${text.slice(0, 10)}T${text.slice(11, -3)}Z`)
pg.types.setTypeParser(pg.types.builtins.INT8, Number)

const GRADE = 'g.course_id, g.learner_id, g.percent, g.letter_grade, g.passed, g.updated_at, g.version'
const CELL = `block_id, coalesce(override_earned_graded, earned_graded) as earned,
  coalesce(override_possible_graded, possible_graded) as possible,
  first_attempted_at is not null as attempted, percent_graded`

export const prepared = (name, text) => (client, values) => client.query({ name, text, values })

export const readBlocks = prepared('blocks', 'select id, usage_key from block')
export const readGrade = prepared(
  'grade',
  `select ${GRADE} from course_grade g join course c on c.id = g.course_id
   join learner l on l.id = g.learner_id where c.key = $1 and l.username = $2`,
)
export const readPage = prepared(
  'page',
  `select p.username, ${GRADE} from (
     select l.id, l.username, e.course_id from learner l
     join enrollment e on e.learner_id = l.id join course c on c.id = e.course_id
     where c.key = $1 and e.active and l.username > $2
     order by l.username limit $3
   ) p join course_grade g on g.course_id = p.course_id and g.learner_id = p.id
   order by p.username`,
)
export const readCells = prepared(
  'cells',
  `select learner_id, ${CELL} from subsection_grade
   where course_id = $1 and learner_id = any($2::bigint[]) order by learner_id, block_id`,
)

export const gradeOf = (row) => ({
  row,
  percent: row.percent,
  letterGrade: row.letter_grade,
  passed: row.passed,
  passingStatus: row.passed ? 'PASSING' : 'FAILING',
  lastUpdated: row.updated_at,
  version: String(row.version),
})

export const cellOf = (row, blocks) => ({
  subsection: { usageKey: blocks.get(row.block_id) },
  gradedTotal: { earned: row.earned, possible: row.possible },
  attempted: row.attempted,
  percentGraded: row.percent_graded,
})
