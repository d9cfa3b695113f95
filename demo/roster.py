"""Who takes the demonstration course. All names are invented."""

from dataclasses import dataclass
from enum import Enum
from typing import Final

FIRST_USER_ID: Final = 101


class Story(Enum):
    """How a learner's autumn went; ``STEADY`` is everybody without a story of their own."""

    STEADY = "steady"
    PERFECT = "perfect"
    LATE = "late"
    PATCHY = "patchy"
    STRUGGLING = "struggling"
    DROPPED_OUT = "dropped out"
    LEFT = "left the course"
    NEVER_CAME = "never came"


@dataclass(frozen=True, slots=True)
class Person:
    """One learner; ``ability`` from 0 to 1 is how much of the sky they already see through."""

    user_id: int
    username: str
    full_name: str
    ability: float
    story: Story


# Full name, ability, and a story if there is one. User names are made of the names.
_PEOPLE: Final[tuple[tuple[str, float, Story], ...]] = (
    ("Amara Okonjo", 0.82, Story.STEADY),
    ("Bram Verhulst", 0.64, Story.STEADY),
    ("Chiara Bellandi", 0.91, Story.STEADY),
    ("Daichi Moriyama", 0.73, Story.LATE),
    ("Eluned Prys", 0.58, Story.STEADY),
    ("Farid Haddadi", 0.77, Story.STEADY),
    ("Gudrun Ásdísar", 0.86, Story.STEADY),
    ("Hanna Lindqvister", 1.00, Story.PERFECT),
    ("Ignacio Belmar", 0.45, Story.PATCHY),
    ("Jaswinder Gillon", 0.69, Story.STEADY),
    ("Kaimana Akoni", 0.80, Story.STEADY),
    ("Lucía Ferrandiz", 0.52, Story.DROPPED_OUT),
    ("Mateusz Zawada", 0.61, Story.STEADY),
    ("Nomvula Dlaminu", 0.88, Story.STEADY),
    ("Oisín Mac Rory", 0.70, Story.PATCHY),
    ("Priya Venkatar", 0.94, Story.STEADY),
    ("Quentin Delorme-Faye", 0.38, Story.STRUGGLING),
    ("Rahel Tesfamar", 0.75, Story.STEADY),
    ("Søren Kjærulf", 0.66, Story.STEADY),
    ("Tahmina Rahimova", 0.83, Story.LATE),
    ("Umar Sesayo", 0.57, Story.STEADY),
    ("Valentina Roșca", 0.71, Story.STEADY),
    ("Wanjiru Kamande", 0.79, Story.STEADY),
    ("Xochitl Aranda", 0.63, Story.STEADY),
    ("Yusuf Demirkan", 0.48, Story.NEVER_CAME),
    ("Zdeněk Holoubek", 0.90, Story.STEADY),
    ("Aino Korhola", 0.67, Story.STEADY),
    ("Benedikt Stadlhuber", 0.54, Story.PATCHY),
    ("Catarina Vilhena", 0.85, Story.STEADY),
    ("Duc Anh Trinhle", 0.76, Story.STEADY),
    ("Emeka Nwachi", 0.60, Story.STEADY),
    ("Fionn Ó Dalaigh", 0.42, Story.STRUGGLING),
    ("Galina Sokolenko", 0.92, Story.STEADY),
    ("Hye-jin Baekman", 0.87, Story.STEADY),
    ("Isabeau Thériot", 0.65, Story.STEADY),
    ("Jorge Quispealaya", 0.72, Story.LATE),
    ("Kerttu Saarik", 0.56, Story.LEFT),
    ("Leilani Fonoti", 0.74, Story.STEADY),
    ("Mihai Brătescu", 0.50, Story.PATCHY),
    ("Nadira Alimbekova", 0.81, Story.STEADY),
    ("Olumide Fashanwe", 0.68, Story.STEADY),
    ("Paloma Iturregi", 0.59, Story.NEVER_CAME),
    ("Ravindu Jayasekar", 0.78, Story.STEADY),
    ("Saoirse Kinnevan", 0.89, Story.STEADY),
    ("Thandeka Mokoro", 0.62, Story.STEADY),
    ("Ursina Caflischer", 0.84, Story.STEADY),
    ("Viliami Taufao", 0.47, Story.STRUGGLING),
    ("Wei-Ling Hsuan", 0.95, Story.STEADY),
    ("Xiomara Pachecal", 0.55, Story.STEADY),
    ("Yael Bar-Noyan", 0.70, Story.STEADY),
    ("Zoltán Királyfi", 0.66, Story.PATCHY),
    ("Adaeze Umehi", 0.73, Story.STEADY),
    ("Bilal Chaudhar", 0.40, Story.DROPPED_OUT),
    ("Cosmina Dragan-Popa", 0.77, Story.STEADY),
    ("Dagny Westerholt", 0.61, Story.LEFT),
    ("Étienne Larocquel", 0.69, Story.STEADY),
    ("Fatoumata Keitara", 0.86, Story.STEADY),
    ("Gareth Llewelyn-Puw", 0.53, Story.NEVER_CAME),
    ("Hinemoa Parata-Reid", 0.93, Story.STEADY),
    ("Ilse van der Zwaluw", 0.64, Story.NEVER_CAME),
)


def people() -> list[Person]:
    """Return all learners, in the order of their ids."""
    return [
        Person(user_id, _username(full_name), full_name, ability, story)
        for user_id, (full_name, ability, story) in enumerate(_PEOPLE, start=FIRST_USER_ID)
    ]


def _username(full_name: str) -> str:
    first, *_, last = full_name.lower().translate(_PLAIN).split()
    return f"{first}_{last}"


_PLAIN: Final = str.maketrans(
    {
        "á": "a", "ă": "a", "é": "e", "ě": "e", "í": "i", "ó": "o", "ø": "o", "æ": "ae",
        "ș": "s", "-": "",
    }
)  # fmt: skip
