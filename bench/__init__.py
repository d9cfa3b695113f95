"""How fast it is: programs that anyone can run; figures and machine are in README.md."""
