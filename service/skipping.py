"""Documents that are put only if they are new: what is asked of each way to put some."""

from typing import Annotated, Literal

from fastapi import Depends, Query

from dedup.newcomers import limit_of


class Skipping:
    """Which documents are left out as like one that is there."""

    def __init__(
        self,
        skip_like: Annotated[
            float | None, Query(gt=0, le=1, description="Leave out what is so much like a document that is there.")
        ] = None,
        measure: Annotated[
            Literal["jaccard", "containment"],
            Query(description="What is held against it; containment: the share of the new document."),
        ] = "jaccard",
    ) -> None:
        """Take what the address says."""
        self.skip_like, self.measure = skip_like, measure
        limit_of(skip_like, measure)


Skip = Annotated[Skipping, Depends()]
