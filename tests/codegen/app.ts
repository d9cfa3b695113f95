// A front end's pages, as far as types go: each takes what its operation is answered.
import type { Client } from './client';
import { read } from './generated';
import {
  BulkOverrideDocument,
  ClassStatisticsDocument,
  GradeAuditDocument,
  GradebookPageDocument,
  LearnerDashboardDocument,
  LearnerProgressPageDocument,
  LiveGradebookDocument,
  LiveStatisticsDocument,
  MyGradeDocument,
  OverrideDialogDocument,
  PassingEventFragmentDoc,
  PassingStatusCatchUpDocument,
  PassingStatusDocument,
  PolicyEditorDocument,
  RecordScoresDocument,
  SaveOverrideDocument,
  StatsFragmentDoc,
  UndoOverrideDocument,
  UpdateGradeDocument,
  WhatIfDocument,
} from './generated/graphql';
import type {
  GradebookFilter,
  GradebookPageQuery,
  OverrideSubsectionGradeInput,
} from './generated/graphql';

export async function progressPage(client: Client, courseKey: string): Promise<string[]> {
  const { course } = await client.ask(LearnerProgressPageDocument, { courseKey });
  const grade = course?.courseGrade;
  if (!grade) return ['You do not learn in this course.'];
  const types = grade.assignmentTypeGrades.map(
    (one) => `${one.assignmentType.name}: ${one.displayWeightedPercent ?? 'hidden'}`,
  );
  const results = grade.sectionGrades.flatMap((section) =>
    section.subsectionGrades.map(({ subsection, gradedTotal, override, visibility }) => {
      const score = visibility === 'VISIBLE' ? gradedTotal?.display : 'not shown yet';
      return `${subsection.shortLabel ?? subsection.usageKey} ${score} ${override?.reason ?? ''}`;
    }),
  );
  return [`${grade.displayPercent} ${grade.letterGrade ?? '-'}`, ...types, ...results];
}

export async function dashboard(client: Client, courseKeys: string[]): Promise<string[]> {
  const { courseGrades } = await client.ask(LearnerDashboardDocument, { courseKeys });
  return courseGrades.map(({ course, displayPercent, passingStatus }) =>
    passingStatus === 'PASSING' ? `${course.displayName}: ${displayPercent}` : course.courseKey,
  );
}

export async function wholeGradebook(
  client: Client,
  courseKey: string,
  filter: GradebookFilter,
): Promise<Map<string, number>> {
  const percents = new Map<string, number>();
  let after: string | null = null;
  do {
    const gradebook = await gradebookPage(client, courseKey, filter, after);
    for (const { learner, courseGrade, error } of gradebook?.nodes ?? []) {
      if (error) throw new Error(`${learner.username}: ${error.code} ${error.message}`);
      if (courseGrade?.percent != null) percents.set(learner.username, courseGrade.percent);
    }
    after = (gradebook?.pageInfo.hasNextPage && gradebook.pageInfo.endCursor) || null;
  } while (after);
  return percents;
}

type Gradebook = NonNullable<GradebookPageQuery['course']>['gradebook'];

async function gradebookPage(
  client: Client,
  courseKey: string,
  filter: GradebookFilter,
  after: string | null,
): Promise<Gradebook | undefined> {
  const { course } = await client.ask(GradebookPageDocument, {
    courseKey,
    after,
    filter,
    orderBy: { field: 'COURSE_PERCENT', direction: 'DESC' },
  });
  return course?.gradebook;
}

export async function overrideDialog(client: Client, id: string): Promise<string | null> {
  const { node } = await client.ask(OverrideDialogDocument, { id });
  if (node?.__typename !== 'SubsectionGrade') return null;
  const last = node.overrideHistory.nodes[0];
  return `${node.computedGradedTotal?.display} ${last?.action} ${last?.by?.username ?? 'the system'}`;
}

export async function saveOverride(
  client: Client,
  input: OverrideSubsectionGradeInput,
): Promise<string> {
  const { overrideSubsectionGrade: saved } = await client.ask(SaveOverrideDocument, { input });
  const [error] = saved.userErrors;
  switch (error?.__typename) {
    case undefined:
      break;
    case 'ScoreOutOfRangeError':
      return `From ${error.minimum ?? 0} to ${error.maximum ?? 'any'}, please.`;
    case 'VersionConflictError':
      return `It is ${error.currentSubsectionGrade?.gradedTotal?.display} by now.`;
    case 'GradesFrozenError':
      return `Frozen since ${new Date(error.frozenSince).toLocaleDateString()}.`;
    default:
      return error?.message ?? '';
  }
  const passed = saved.events.some(
    (event) => event.__typename === 'PassingStatusChanged' && event.firstTimePassed,
  );
  return passed ? 'Passed for the first time.' : (saved.courseGrade?.displayPercent ?? '');
}

export async function undoOverride(
  client: Client,
  courseKey: string,
  username: string,
  usageKey: string,
): Promise<boolean> {
  const { removeSubsectionGradeOverride } = await client.ask(UndoOverrideDocument, {
    input: { courseKey, learner: { username }, usageKey },
  });
  return removeSubsectionGradeOverride.userErrors.length === 0;
}

export async function excuse(
  client: Client,
  courseKey: string,
  usernames: string[],
  usageKey: string,
): Promise<number[]> {
  const { bulkOverrideSubsectionGrades } = await client.ask(BulkOverrideDocument, {
    input: {
      courseKey,
      errorPolicy: 'REJECT_FAILED_ITEMS',
      items: usernames.map((username) => ({
        learner: { username },
        usageKey,
        values: { earnedGraded: 0, possibleGraded: 0 },
      })),
    },
  });
  return bulkOverrideSubsectionGrades.results
    .filter(({ success }) => !success)
    .map(({ index }) => index);
}

export async function highestBar(client: Client, courseKey: string): Promise<number> {
  const { course } = await client.ask(ClassStatisticsDocument, { courseKey });
  const stats = read(StatsFragmentDoc, course?.gradeStatistics);
  const counts: number[] = stats?.histogram.map((bar) => bar.count) ?? [];
  const columns = course?.subsections.map((one) => read(StatsFragmentDoc, one.gradeStatistics));
  return Math.max(...counts, ...(columns ?? []).map((one) => one.attemptedCount));
}

export async function followGradebook(
  client: Client,
  courseKey: string,
  show: (cell: string, text: string) => void,
): Promise<string | undefined> {
  let cursor: string | undefined;
  for await (const { gradeEvents: event } of client.follow(LiveGradebookDocument, {
    courseKey,
    after: cursor,
  })) {
    cursor = event.cursor;
    if (event.__typename === 'SubsectionGradeChanged') {
      const cell = event.subsectionGrade;
      if (cell) show(cell.id, `${cell.gradedTotal?.earned ?? '-'}`);
    } else if (event.__typename === 'CourseGradeChanged') {
      show(event.courseGrade.id, event.courseGrade.displayPercent ?? '');
    } else {
      show(event.learner.id, `${event.from} -> ${event.to}`);
    }
  }
  return cursor;
}

export async function* liveMean(client: Client, courseKey: string): AsyncGenerator<number> {
  const answers = client.follow(LiveStatisticsDocument, { courseKey });
  for await (const { gradeStatisticsChanged: told } of answers) {
    if (told.mean != null) yield told.mean;
  }
}

export async function* myGrade(client: Client, courseKey: string): AsyncGenerator<string> {
  for await (const { courseGradeChanged: told } of client.follow(MyGradeDocument, { courseKey })) {
    yield told.courseGrade.letterGrade ?? told.courseGrade.displayPercent ?? 'nothing yet';
  }
}

export async function certify(
  client: Client,
  after: string | null,
  act: (userId: string, passes: boolean) => Promise<void>,
): Promise<void> {
  const { gradeEvents } = await client.ask(PassingStatusCatchUpDocument, { after });
  const missed = gradeEvents.nodes.map((node) => read(PassingEventFragmentDoc, node));
  const cursor = gradeEvents.pageInfo.endCursor ?? after;
  for (const event of missed) {
    if (event.__typename === 'PassingStatusChanged') {
      await act(event.learner.userId, event.to === 'PASSING');
    }
  }
  const upcoming = client.follow(PassingStatusDocument, { after: cursor });
  for await (const { passingStatusChanged } of upcoming) {
    const event = read(PassingEventFragmentDoc, passingStatusChanged);
    if (event.__typename === 'PassingStatusChanged') {
      await act(event.learner.userId, event.courseGrade.percent != null && event.to === 'PASSING');
    }
  }
}

export async function updateGrade(client: Client, courseKey: string, userId: string) {
  const { updateGrade: updated } = await client.ask(UpdateGradeDocument, {
    input: { courseKey, learner: { userId }, forceUpdateSubsections: true },
  });
  return { version: updated.courseGrade?.version, events: updated.events.length };
}

export async function handIn(
  client: Client,
  courseKey: string,
  username: string,
  usageKey: string,
  scoreGiven: number | null,
): Promise<boolean> {
  const { recordScores } = await client.ask(RecordScoresDocument, {
    input: {
      courseKey,
      scores: [
        {
          learner: { username },
          usageKey,
          scoreGiven,
          scoreMaximum: 1,
          timestamp: new Date().toISOString(),
        },
      ],
    },
  });
  return recordScores.results.every(({ applied }) => applied);
}

export async function suppose(client: Client, courseKey: string, usageKey: string, earned: number) {
  const { courseGrade } = await client.ask(WhatIfDocument, {
    courseKey,
    scores: [{ usageKey, earned }],
  });
  return (courseGrade?.whatIf.percent ?? 0) >= 0.6;
}

export async function policyWarnings(client: Client, courseKey: string): Promise<string[]> {
  const { course } = await client.ask(PolicyEditorDocument, { courseKey });
  return course?.gradingPolicy.warnings.map(({ code, message }) => `${code}: ${message}`) ?? [];
}

export async function audit(client: Client, courseKey: string, username: string): Promise<string[]> {
  const { courseGrade } = await client.ask(GradeAuditDocument, { courseKey, learner: { username } });
  return (courseGrade?.history.nodes ?? []).map((event) => {
    const who = event.actor?.username ?? 'the system';
    switch (event.__typename) {
      case 'CourseGradeChanged':
        return `${who}: ${event.before?.letterGrade ?? '-'} -> ${event.after.letterGrade ?? '-'}`;
      case 'SubsectionGradeChanged':
        return `${who}: ${event.subsectionGrade?.subsection.displayName} ${event.after?.display}`;
      case 'PassingStatusChanged':
        return `${who}: ${event.from} -> ${event.to}`;
    }
  });
}
