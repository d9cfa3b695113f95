"""What block types there are, and what they mean for grades."""

from typing import Final

COURSE: Final = "course"
CHAPTER: Final = "chapter"
SEQUENTIAL: Final = "sequential"
# Their explicit graded flag is never set (Open edX's grades transformer).
STRUCTURAL: Final = frozenset({COURSE, CHAPTER, SEQUENTIAL})

LIBRARIES: Final = frozenset({"itembank", "library_content"})
SPLIT_TEST: Final = "split_test"
RANDOMIZE: Final = "randomize"

CONTAINERS: Final = frozenset(
    {
        *STRUCTURAL,
        *LIBRARIES,
        SPLIT_TEST,
        RANDOMIZE,
        *("conditional", "problemset", "unit", "vertical", "videosequence", "wrapper"),
    }
)

PROBLEM: Final = "problem"
OPEN_ASSESSMENT: Final = "openassessment"
STAFF_GRADED_ASSIGNMENT: Final = "edx_sga"
# Worth one point before weighting, whatever is in them; the number is the weight they start with.
ONE_POINT: Final = {"done": None, "drag-and-drop-v2": 1.0}
# Their maximum is their weight; the flag is what has_score is when it is not set.
WORTH_THEIR_WEIGHT: Final = {
    "lti": False,
    "lti_consumer": False,
    "scorm": True,
    "staffgradedxblock": True,
}
SCORED: Final = frozenset(
    {PROBLEM, OPEN_ASSESSMENT, STAFF_GRADED_ASSIGNMENT, *ONE_POINT, *WORTH_THEIR_WEIGHT}
)

UNSCORED: Final = frozenset(
    {
        *("about", "annotatable", "crowdsourcehinter", "customtag", "discussion"),
        *("google-calendar", "google-document", "hidden", "html", "image-explorer"),
        *("imageannotation", "pdf", "poll", "poll_question", "raw", "recommender", "survey"),
        *("textannotation", "video", "videoalpha", "videoannotation", "word_cloud"),
    }
)

# Elements in a <course> that are no blocks of its outline.
COURSE_EXTRAS: Final = frozenset({"pdf_textbook", "textbook", "wiki"})
