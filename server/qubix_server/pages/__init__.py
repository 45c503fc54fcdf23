"""The pages that people open in a browser. Plain files under `static`, served as they are."""
