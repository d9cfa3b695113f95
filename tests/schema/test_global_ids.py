import pytest

from schema.global_id import GlobalId, global_id, global_ids, parse_global_id


@pytest.mark.parametrize("learner_id", [1, 22, 333, 4444])
def test_ids_made_together_are_those_made_one_by_one(learner_id: int) -> None:
    lasts = [0, 7, 89, 1234, 2**63 - 1]

    made = global_ids("SubsectionGrade", 5, learner_id, lasts=lasts)

    assert made == [global_id("SubsectionGrade", 5, learner_id, last) for last in lasts]
    assert [parse_global_id(one) for one in made] == [
        GlobalId("SubsectionGrade", (5, learner_id, last)) for last in lasts
    ]
