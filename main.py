"""CourseGrade's only entry: ``python main.py`` serves, ``python main.py --help`` tells the rest."""

from cli.app import run

__all__ = ["run"]

if __name__ == "__main__":
    run()
