"""The floor of a first paint: a bare Qt window. Run as a script; prints the moment."""

import sys
import time

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QLabel, QMainWindow


class Bare(QMainWindow):
    """Quits after its first paint."""

    painted = False

    def paintEvent(self, event: object) -> None:
        """Print the time of the first paint, then leave."""
        if not self.painted:
            self.painted = True
            print(time.time(), flush=True)
            QTimer.singleShot(0, QApplication.quit)


app = QApplication(sys.argv)
window = Bare()
window.setCentralWidget(QLabel("bare"))
window.resize(1366, 768)
window.show()
app.exec()
