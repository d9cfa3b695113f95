// A front end's pages about work on a whole class.
import type { Client } from './client';
import {
  RegradeCourseDocument,
  RegradeProgressDocument,
  SavePolicyDocument,
} from './generated/graphql';
import type { GradeJobState, UpdateGradingPolicyInput } from './generated/graphql';

export async function regrade(
  client: Client,
  courseKey: string,
  show: (done: number, total: number | null | undefined) => void,
): Promise<GradeJobState> {
  const { updateGrades } = await client.ask(RegradeCourseDocument, { courseKey });
  if (!updateGrades.job) {
    const failed = updateGrades.results?.some(({ error }) => error) ?? false;
    return failed ? 'COMPLETED_WITH_ERRORS' : 'COMPLETED';
  }
  let state = updateGrades.job.state;
  const progress = client.follow(RegradeProgressDocument, { id: updateGrades.job.id });
  for await (const { gradeJobUpdated: job } of progress) {
    show(job.processed, job.total);
    state = job.state;
  }
  return state;
}

export async function savePolicy(
  client: Client,
  input: UpdateGradingPolicyInput,
): Promise<string[]> {
  const { updateGradingPolicy: saved } = await client.ask(SavePolicyDocument, { input });
  if (saved.userErrors.length > 0) return saved.userErrors.map(({ message }) => message);
  return saved.gradingPolicy?.warnings.map(({ code }) => code) ?? [];
}
