"""From a tab's settings to the arrays its pictures show; no widget here."""
