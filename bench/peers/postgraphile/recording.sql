-- A score recorded, graded and announced, by functions in the database.

create function shape.average(percents double precision[], expected int, drops int)
returns double precision language sql immutable as $$
  select sum(percent) / (greatest(cardinality(percents), expected) - drops) from (
    select percent from unnest(percents) as percent order by percent desc
    limit greatest(cardinality(percents), expected) - drops
  ) as kept
$$;

create function shape.snapshot(percent double precision, letter text, passed boolean)
returns jsonb language sql immutable as $$
  select jsonb_build_array(
    percent, letter, passed, case when passed then 'PASSING' else 'FAILING' end
  )
$$;

create function shape.record_score(course bigint, score shape.score_input)
returns shape.score_result language plpgsql as $$
declare
  usage text := replace(score.usage_key, '@problem+block@p', '@sequential+block@s');
  percent double precision := round((score.score_given / score.score_maximum)::numeric, 4);
  request text := replace(gen_random_uuid()::text, '-', '');
  person bigint;
  problem bigint;
  part bigint;
  percents double precision[];
  sum_of_types double precision;
  grade double precision;
  letter text;
  before public.course_grade;
  old public.subsection_grade;
  part_version int;
  grade_version int;
begin
  select id into person from public.learner where username = (score.learner).username;
  perform pg_advisory_xact_lock(course * 1024 + person % 1024);
  select * into before from public.course_grade where course_id = course and learner_id = person;
  select id into problem from public.block where course_id = course and usage_key = score.usage_key;
  select id into part from public.block where course_id = course and usage_key = usage;
  select * into old from public.subsection_grade
    where course_id = course and learner_id = person and block_id = part;
  insert into public.problem_score (course_id, learner_id, block_id, earned, possible, scored_at,
      first_scored_at, updated_at)
    values (course, person, problem, score.score_given, score.score_maximum, score."timestamp",
      score."timestamp", now())
    on conflict (course_id, learner_id, block_id) do update set earned = excluded.earned,
      possible = excluded.possible, scored_at = excluded.scored_at,
      updated_at = excluded.updated_at;
  update public.subsection_grade set earned_all = score.score_given,
      earned_graded = score.score_given, possible_all = score.score_maximum,
      possible_graded = score.score_maximum, percent_graded = percent, version = version + 1,
      updated_at = now()
    where id = old.id returning version into part_version;
  select array_agg(g.percent_graded order by g.block_id) into percents
    from public.subsection_grade g where g.course_id = course and g.learner_id = person;
  select 0.3 * shape.average(array_agg(p order by at) filter (where at <= 28 and at % 2 = 1), 12, 2)
      + 0.2 * shape.average(array_agg(p order by at) filter (where at <= 28 and at % 2 = 0), 12, 2)
      + 0.2 * percents[29] + 0.3 * percents[30]
    into sum_of_types from unnest(percents) with ordinality as one(p, at);
  grade := floor(sum_of_types * 100 + 0.05 + 0.5) / 100;
  letter := case when grade >= 0.9 then 'A' when grade >= 0.8 then 'B' when grade >= 0.7 then 'C'
    when grade >= 0.6 then 'D' end;
  update public.course_grade g set percent = grade, unrounded = sum_of_types,
      letter_grade = letter, passed = letter is not null, version = version + 1,
      passed_at = case when letter is not null then coalesce(passed_at, now()) else passed_at end,
      updated_at = now()
    where g.id = before.id returning version into grade_version;
  insert into public.grade_event (course_id, learner_id, kind, version, payload, cause, actor,
      correlation_id, created_at)
    values (course, person, 'SUBSECTION_GRADE_CHANGED', part_version,
        jsonb_build_object('usage_key', usage,
          'before', jsonb_build_array(old.earned_graded, old.possible_graded),
          'after', jsonb_build_array(score.score_given, score.score_maximum))::text,
        'SCORE_RECORDED', 'bench', request, now()),
      (course, person, 'COURSE_GRADE_CHANGED', grade_version,
        jsonb_build_object(
          'before', shape.snapshot(before.percent, before.letter_grade, before.passed),
          'after', shape.snapshot(grade, letter, letter is not null),
          'first_time_passed', false)::text,
        'SCORE_RECORDED', 'bench', request, now());
  return row(row(grade, grade_version::text)::shape.graded)::shape.score_result;
end
$$;
comment on function shape.record_score is '@behavior -*';
comment on function shape.average is '@behavior -*';
comment on function shape.snapshot is '@behavior -*';

create function shape.record_scores(course_key text, scores shape.score_input[])
returns setof shape.score_result language sql volatile as $$
  select shape.record_score(c.id, score) from public.course c, unnest(scores) as score
  where c.key = course_key
$$;
