"""Classification with a trained model: single clips, many files and live sound."""
