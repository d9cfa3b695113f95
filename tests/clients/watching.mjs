// What every program does alike: what it asks, from where it goes on, and what it prints.
// Arguments: the endpoint's host and path, the course, the cursor to begin at, and a transport
// where a client has several.

const [, , place, course, beginning, transport] = process.argv;

export { transport };
export const http = `http://${place}`;
export const ws = `ws://${place}`;

export const QUERY = /* GraphQL */ `
  subscription Changes($course: CourseKey!, $after: String) {
    courseGradeChanged(courseKey: $course, after: $after) {
      id
      cursor
      after {
        percent
      }
    }
  }
`;

let last = beginning;

/** The variables of a subscription that begins now: the last cursor seen is part of them. */
export function variables() {
  return { course, after: last };
}

/** A request whose variables are read anew each time that a client sends it. */
export const request = {
  query: QUERY,
  get variables() {
    return variables();
  },
};

/** Print what came, and remember how far it came. */
export function saw(result) {
  if (result.errors?.length || result.error) {
    fail(result.errors ?? result.error);
  }
  const event = result.data.courseGradeChanged;
  last = event.cursor;
  console.log(JSON.stringify({ id: event.id, percent: event.after.percent }));
}

/** Begin again a little later. */
export function soon(watch) {
  setTimeout(watch, 50);
}

/** End, and say why. */
export function fail(reason) {
  console.error(reason);
  process.exit(1);
}
