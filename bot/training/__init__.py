"""From labelled questions to a model that is trusted: examples, cross-validation, the ranker, evaluation."""
