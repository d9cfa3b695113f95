-- What PostGraphile serves: a schema of its own that gives our tables the shape of the answers.

create schema shape;

create type shape.learner_ref as (username text);
create type shape.score_input as (
  learner shape.learner_ref,
  usage_key text,
  score_given double precision,
  score_maximum double precision,
  "timestamp" timestamptz
);
create type shape.person as (username text);
create type shape.subsection as (usage_key text);
create type shape.score as (earned double precision, possible double precision);
create type shape.graded as (percent double precision, version text);
create type shape.score_result as (course_grade shape.graded);

create view shape.course as select id, key from public.course;
comment on view shape.course is '@primaryKey id';

create view shape.course_grade as
select course_id, learner_id, percent, letter_grade, passed,
  case when passed then 'PASSING' else 'FAILING' end as passing_status,
  updated_at as last_updated, version::text as version
from public.course_grade;
comment on view shape.course_grade is '@primaryKey course_id,learner_id';

create view shape.subsection_grade as
select g.course_id, g.learner_id, g.block_id, row(b.usage_key)::shape.subsection as subsection,
  row(
    coalesce(g.override_earned_graded, g.earned_graded),
    coalesce(g.override_possible_graded, g.possible_graded)
  )::shape.score as graded_total,
  g.first_attempted_at is not null as attempted, g.percent_graded
from public.subsection_grade g join public.block b on b.id = g.block_id;
comment on view shape.subsection_grade is E'@primaryKey course_id,learner_id,block_id\n'
  '@foreignKey (course_id,learner_id) references course_grade (course_id,learner_id)'
  '|@foreignSimpleFieldName subsectionGrades|@behavior -connection +list';

create view shape.entry as
select e.course_id, e.learner_id, l.username, row(l.username)::shape.person as learner
from public.enrollment e join public.learner l on l.id = e.learner_id where e.active;
comment on view shape.entry is E'@primaryKey course_id,learner_id\n'
  '@foreignKey (course_id,learner_id) references course_grade (course_id,learner_id)'
  '|@fieldName courseGrade';

create function shape.course_by_key(course_key text) returns shape.course language sql stable as
$$ select * from shape.course where key = course_key $$;

create function shape.course_gradebook(course shape.course, place text)
returns setof shape.entry language sql stable as $$
  select * from shape.entry where course_id = course.id
    and username > coalesce(place, '') order by username
$$;

create function shape.grade_of(course_key text, learner shape.learner_ref)
returns shape.course_grade language sql stable as $$
  select g.* from shape.course_grade g
  where g.course_id = (select id from public.course where key = course_key)
    and g.learner_id = (select id from public.learner where username = (grade_of.learner).username)
$$;
