// A score recorded, graded and announced in one transaction.

import { randomUUID } from 'node:crypto'

import { gradeOf, prepared, readCells, readGrade } from './grades.mjs'

const STRIPES = 1024
// First subsection, last, step, how many are expected, how many are dropped, weight.
const TYPES = [
  [0, 28, 2, 12, 2, 0.3],
  [1, 28, 2, 12, 2, 0.2],
  [28, 29, 1, 1, 0, 0.2],
  [29, 30, 1, 1, 0, 0.3],
]
const LETTERS = [
  [0.9, 'A'],
  [0.8, 'B'],
  [0.7, 'C'],
  [0.6, 'D'],
]

const lock = prepared('lock', 'select pg_advisory_xact_lock($1)')
const saveScore = prepared(
  'score',
  `insert into problem_score (course_id, learner_id, block_id, earned, possible, scored_at,
     first_scored_at, updated_at) values ($1, $2, $3, $4, $5, $6, $6, $7)
   on conflict (course_id, learner_id, block_id) do update set earned = excluded.earned,
     possible = excluded.possible, scored_at = excluded.scored_at, updated_at = excluded.updated_at`,
)
const saveCell = prepared(
  'subsection',
  `update subsection_grade set earned_all = $4, earned_graded = $4, possible_all = $5,
     possible_graded = $5, percent_graded = $6, version = version + 1, updated_at = $7
   where course_id = $1 and learner_id = $2 and block_id = $3 returning version`,
)
const saveGrade = prepared(
  'course',
  `update course_grade set percent = $3, unrounded = $4, letter_grade = $5, passed = $6,
     passed_at = case when $6 then coalesce(passed_at, $7) else passed_at end,
     version = version + 1, updated_at = $7
   where course_id = $1 and learner_id = $2
   returning course_id, learner_id, percent, letter_grade, passed, updated_at, version`,
)
const saveEvents = prepared(
  'event',
  `insert into grade_event (course_id, learner_id, kind, version, payload, cause, actor,
     correlation_id, created_at) values
   ($1, $2, 'SUBSECTION_GRADE_CHANGED', $3, $4, 'SCORE_RECORDED', 'bench', $7, $8),
   ($1, $2, 'COURSE_GRADE_CHANGED', $5, $6, 'SCORE_RECORDED', 'bench', $7, $8)`,
)

const classGrade = (percents) => {
  let unrounded = 0
  for (const [first, last, step, expected, drops, weight] of TYPES) {
    const found = []
    for (let at = first; at < last; at += step) found.push(percents[at])
    found.sort((one, other) => other - one)
    while (found.length < expected) found.push(0)
    const kept = found.slice(0, found.length - drops)
    let sum = 0
    for (const percent of kept) sum += percent
    unrounded += (sum / kept.length) * weight
  }
  const percent = Math.floor(unrounded * 100 + 0.05 + 0.5) / 100
  const letter = LETTERS.find(([least]) => percent >= least)?.[1] ?? null
  return { unrounded, percent, letter, passed: letter !== null }
}

const pointsOf = (percent, letter, passed) => [percent, letter, passed, passed ? 'PASSING' : 'FAILING']

export const recordScore = async (pool, blockIds, courseKey, score) => {
  const found = (await readGrade(pool, [courseKey, score.learner.username])).rows[0]
  const [course, learner] = [found.course_id, found.learner_id]
  const problem = blockIds.get(score.usageKey)
  const usageKey = score.usageKey.replace('@problem+block@p', '@sequential+block@s')
  const subsection = blockIds.get(usageKey)
  const [earned, possible, now] = [score.scoreGiven, score.scoreMaximum, new Date().toISOString()]
  const percent = Math.round((earned / possible) * 10000) / 10000
  const client = await pool.connect()
  try {
    await client.query('begin')
    await lock(client, [course * STRIPES + (learner % STRIPES)])
    const before = (await readGrade(client, [courseKey, score.learner.username])).rows[0]
    const cells = (await readCells(client, [course, [learner]])).rows
    const old = cells.find((cell) => cell.block_id === subsection)
    const after = classGrade(cells.map((cell) => (cell === old ? percent : cell.percent_graded)))
    await saveScore(client, [course, learner, problem, earned, possible, score.timestamp, now])
    const cell = (await saveCell(client, [course, learner, subsection, earned, possible, percent, now])).rows[0]
    const grade = (
      await saveGrade(client, [course, learner, after.percent, after.unrounded, after.letter, after.passed, now])
    ).rows[0]
    const points = { usage_key: usageKey, before: [old.earned, old.possible], after: [earned, possible] }
    const figures = {
      before: pointsOf(before.percent, before.letter_grade, before.passed),
      after: pointsOf(after.percent, after.letter, after.passed),
      first_time_passed: false,
    }
    await saveEvents(client, [
      course,
      learner,
      cell.version,
      JSON.stringify(points),
      grade.version,
      JSON.stringify(figures),
      randomUUID(),
      now,
    ])
    await client.query('commit')
    return { courseGrade: gradeOf(grade) }
  } catch (error) {
    await client.query('rollback')
    throw error
  } finally {
    client.release()
  }
}
