"""The figures of the papers and of a trigger: each as numbers (JSON) and as a picture (PNG)."""

from jetflow.physics.figures.portfolio import FIGURES, write_figures
from jetflow.physics.figures.study import Study, make_study

__all__ = ["FIGURES", "Study", "make_study", "write_figures"]
