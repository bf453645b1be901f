"""Actions, toolbar, dialogs and controllers of the main window."""
