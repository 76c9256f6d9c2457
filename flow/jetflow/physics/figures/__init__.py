"""The figures of the papers and of a trigger: each as numbers (JSON) and as a picture (PNG)."""

from jetflow.physics.figures.portfolio import FIGURES, choose_figures, write_figures
from jetflow.physics.figures.study import Study, make_study, open_background

__all__ = ["FIGURES", "Study", "choose_figures", "make_study", "open_background", "write_figures"]
