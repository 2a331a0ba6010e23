"""Standing questions: what is watched for, held against what comes in, and the hits that gave."""
