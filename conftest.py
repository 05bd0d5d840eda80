"""Let nbval run cells as a notebook does.

nbval keeps its cells out of the kernel's history, and IPython looks for the closing semicolon,
which says "show nothing", in that history.
"""

from nbval.kernel import RunningKernel


def execute_cell_input(self, cell_input, allow_stdin=None):
    """Run one cell and return the id of the message, as nbval does, but with history."""
    if not self.is_alive():
        raise RuntimeError("Kernel died before a cell was run.")
    return self.kc.execute(
        cell_input, allow_stdin=allow_stdin, store_history=True, stop_on_error=False
    )


RunningKernel.execute_cell_input = execute_cell_input
