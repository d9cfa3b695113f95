// The part of CourseGrade's schema that the five operations need.

export const schema = `
  scalar CourseKey
  scalar UsageKey
  scalar GradeFraction
  scalar DateTime

  enum PassingStatus { FAILING PASSING }

  input LearnerRef { username: String }

  input ScoreInput {
    learner: LearnerRef!
    usageKey: UsageKey!
    scoreGiven: Float
    scoreMaximum: Float!
    timestamp: DateTime!
  }

  input RecordScoresInput { courseKey: CourseKey! scores: [ScoreInput!]! }

  type User { username: String! }
  type Score { earned: Float! possible: Float! }
  type Subsection { usageKey: UsageKey! }

  type SubsectionGrade {
    subsection: Subsection!
    gradedTotal: Score
    attempted: Boolean!
    percentGraded: GradeFraction
  }

  type CourseGrade {
    percent: GradeFraction
    letterGrade: String
    passed: Boolean!
    passingStatus: PassingStatus!
    lastUpdated: DateTime
    version: String!
    subsectionGrades: [SubsectionGrade!]!
  }

  type GradebookEntry { learner: User! courseGrade: CourseGrade }
  type GradebookConnection { nodes: [GradebookEntry!]! }
  type Course { gradebook(first: Int, after: String): GradebookConnection! }

  type ScoreResult { courseGrade: CourseGrade }
  type RecordScoresPayload { results: [ScoreResult!]! }

  type Query {
    course(courseKey: CourseKey!): Course
    courseGrade(courseKey: CourseKey!, learner: LearnerRef!): CourseGrade
  }

  type Mutation { recordScores(input: RecordScoresInput!): RecordScoresPayload! }
`
