"""What pictures tell: the worker makes the slow formats, other rooms renew what they keep."""

from dataclasses import dataclass

from shop.kernel.events import Event


@dataclass(frozen=True)
class PictureStored(Event):
    """A picture and its quick formats stand; the slow one is still to be made."""

    name = "media.picture_stored"
    picture_id: int


@dataclass(frozen=True)
class PictureReady(Event):
    """A picture has one more format: what was rendered with it can be rendered better."""

    name = "media.picture_ready"
    picture_id: int


@dataclass(frozen=True)
class PictureForgotten(Event):
    """A picture was taken away; its files go when nobody else shows the same."""

    name = "media.picture_forgotten"
    digest: str
