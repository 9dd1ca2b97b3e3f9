"""Photographs out: encoded, decoded again and compared, and only then put in place; never over the source."""

from __future__ import annotations

import contextlib
import os
import struct
import zlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

import imagecodecs
import numpy as np
import tifffile
from PIL import Image
from PIL.TiffImagePlugin import ImageFileDirectory_v2

from restorer.arrays import Bools, Pixels
from restorer.errors import InputError, OutputError
from restorer.image.colour import bmp_with_profile, is_grey, rgb_profile_of_grey
from restorer.image.metadata import (
    EXIF_PREFIX,
    IPTC_KEY,
    PLACEHOLDER,
    XMP_KEY,
    exif_for_all,
    is_cut,
    photoshop_block,
    raw_profile,
    tiff_tags,
    upright_xmp,
)
from restorer.image.reading import SUFFIXES, Photo, open_photo
from restorer.image.texts import jpeg_comments, png_chunk, png_text_chunks, with_description
from restorer.new_files import check_target, new_file

ENDINGS = {"JPEG": ".jpg", "PNG": ".png", "TIFF": ".tif", "WEBP": ".webp", "BMP": ".bmp", "HEIC": ".heic"}
LOSSY, OPAQUE = {"JPEG", "HEIC"}, {"JPEG", "BMP"}
BIG_TIFF_BYTES = 3_900_000_000
SOFTWARE = 305


def format_for(path: Path) -> str:
    """The format that the ending of `path` asks for.

    Raises:
        OutputError: an ending that cannot be written.
    """
    found = SUFFIXES.get(path.suffix.lower())
    if found is None:
        raise OutputError(
            f"'{path.name}' has no ending of a picture that can be written.", "Use .tif, .png or .jpg."
        )
    return found


def is_lossless(path: Path) -> bool:
    """Whether a file of that ending keeps every pixel to the bit."""
    return format_for(path) not in LOSSY


def save_photo(
    photo: Photo,
    path: Path | str,
    *,
    format: str | None = None,
    source: Path | str | None = None,
    quality: int = 95,
    overwrite: bool = False,
) -> None:
    """Write `photo` with its depth, profile, metadata and resolution.

    The file is written under another name in the same folder, decoded again, compared, and only then put in
    place. PNG, TIFF, WebP and BMP keep every pixel; JPEG and HEIC do not. All keep EXIF, IPTC, XMP and the
    profile (WebP and HEIC keep resolution and IPTC inside of the EXIF); BMP has a place only for profile and
    resolution. Texts become comments of a JPEG, texts of a PNG, elsewhere the image description of EXIF.

    Args:
        photo: what to write.
        path: its ending decides about the format,
        format: unless this does: "JPEG", "PNG", "TIFF", "WEBP", "BMP" or "HEIC".
        source: the photograph that it was made from; never written over.
        quality: 1..100, of JPEG and HEIC.
        overwrite: whether another existing file may be replaced.

    Raises:
        OutputError: the target exists or is the source, the format cannot hold the photograph, or writing
            fails.
    """
    path = Path(path)
    kind = format or format_for(path)
    if kind not in _ENCODERS:
        raise OutputError(f"There is no format {kind!r}.", f"Use one of {', '.join(_ENCODERS)}.")
    check_target(path, source, overwrite)
    check_fits(photo, kind)
    encode = _ENCODERS[kind]
    photo = replace(photo, alpha=None) if kind in OPAQUE else photo
    with new_file(path, overwrite) as (stream, temporary):
        try:
            encode(photo, stream, quality)
        except (ValueError, RuntimeError, struct.error) as error:
            raise OutputError(
                f"'{path.name}' could not be written as {kind}: {error}.", "Write .tif, which holds more."
            ) from error
        except MemoryError as error:
            raise OutputError(
                f"'{path.name}' needs more memory than there is.", "Close other programs."
            ) from error
        stream.flush()
        os.fsync(stream.fileno())
        _compare(photo, temporary, kind)


def save_mask(mask: Bools, path: Path | str, overwrite: bool = False) -> None:
    """Write a mask (H, W) as a grey picture, 255 = damaged; PNG or TIFF.

    Raises:
        OutputError: as `save_photo`, or a lossy format.
    """
    path = Path(path)
    check_mask_name(path)
    save_photo(Photo(mask.astype(np.uint8) * np.uint8(255)), path, overwrite=overwrite)


def open_mask(path: Path | str, shape: tuple[int, int], empty: bool = True) -> Bools:
    """Read a mask: True where the picture is lighter than middle grey, and is not transparent.

    Args:
        path: a picture that `open_photo` reads.
        shape: height and width that it must have.
        empty: whether it may mark nothing.

    Raises:
        InputError: unreadable, of another size, or empty where it may not be.
    """
    photo = open_photo(path)
    if (photo.height, photo.width) != shape:
        raise InputError(
            f"The mask '{Path(path).name}' is {photo.width} x {photo.height} pixels, the photograph "
            f"{shape[1]} x {shape[0]}.",
            "Both must have the same size.",
        )
    grey = photo.pixels if photo.pixels.ndim == 2 else photo.pixels.max(2)
    middle = np.iinfo(grey.dtype).max // 2
    mask = grey > middle if photo.alpha is None else (grey > middle) & (photo.alpha > middle)
    if not empty and not mask.any():
        raise InputError(f"The mask '{Path(path).name}' marks nothing.", "What is white in it is repaired.")
    return mask


def check_mask_name(path: Path) -> None:
    """Raise OutputError unless `path` ends like a format that keeps a mask to the bit."""
    if SUFFIXES.get(path.suffix.lower()) not in ("PNG", "TIFF"):
        raise OutputError(
            "A mask is written as PNG or TIFF.", f"Rename '{path.name}' to end in .png or .tif."
        )


def format_that_holds(photo: Photo, kind: str) -> str:
    """`kind` if it can hold `photo`, otherwise the first of PNG and TIFF that can."""
    for candidate in (kind, "PNG"):
        with contextlib.suppress(OutputError):
            check_fits(photo, candidate)
            return candidate
    return "TIFF"


def left_out(photo: Photo, kind: str) -> list[str]:
    """What a file of that format changes or leaves out of a `photo` that it fits: "pixels", "metadata",
    "damaged", "texts"."""
    lost = ["pixels"] if kind in LOSSY else []
    if kind == "BMP" and (photo.exif or photo.xmp or photo.iptc):
        lost.append("metadata")
    if kind == "TIFF" and is_cut(photo.exif):
        lost.append("damaged")
    placed = kind in ("PNG", "JPEG") or (kind != "BMP" and with_description(photo.exif, photo.texts)[1])
    return lost if placed or not photo.texts else [*lost, "texts"]


def check_fits(photo: Photo, kind: str) -> None:
    """Raise OutputError if a file of that format cannot hold `photo`."""
    if photo.bit_depth == 16 and kind not in ("PNG", "TIFF"):
        raise OutputError(f"{kind} cannot hold 16 bits per channel.", "Write .tif or .png, which keep them.")
    if photo.infrared is not None and kind != "TIFF":
        raise OutputError(
            f"{kind} cannot hold the infrared plane of this scan.", "Write .tif, which keeps it."
        )
    widest = {"JPEG": 65500, "WEBP": 16383}.get(kind)
    if widest and max(photo.width, photo.height) > widest:
        raise OutputError(f"{kind} ends at {widest} pixels a side.", "Write .tif or .png, which do not.")
    if kind == "JPEG" and any(block and len(block) > 65000 for block in (photo.exif, photo.xmp, photo.iptc)):
        raise OutputError("JPEG cannot hold this much EXIF, XMP or IPTC.", "Write .tif or .png, which can.")
    if photo.is_transparent and kind in OPAQUE:
        raise OutputError(f"{kind} cannot hold transparency.", "Write .tif or .png, which keep it.")


# --- encoders


def _stack(photo: Photo) -> Pixels:
    extra = [p for p in (photo.alpha, photo.infrared) if p is not None]
    if not extra:
        return photo.pixels
    colour = photo.pixels if photo.pixels.ndim == 3 else photo.pixels[..., None]
    return np.concatenate([colour, *(p[..., None] for p in extra)], 2)


def _encode_png(photo: Photo, stream: BinaryIO, quality: int) -> None:
    del quality
    planes = np.ascontiguousarray(_stack(photo))
    raw = planes.nbytes + photo.height  # every row has a byte for its filter, which imagecodecs forgets
    data = imagecodecs.png_encode(planes, level=6, out=raw + raw // 50 + (1 << 16))
    chunks: list[bytes] = []
    if photo.icc:
        chunks.append(png_chunk(b"iCCP", b"ICC Profile\x00\x00" + zlib.compress(photo.icc)))
    if photo.dpi:
        metre = [round(d / 0.0254) for d in photo.dpi]
        chunks.append(png_chunk(b"pHYs", struct.pack(">IIB", *metre, 1)))
    if photo.exif:
        chunks.append(png_chunk(b"eXIf", photo.exif))
    if photo.xmp:
        chunks.append(png_chunk(b"iTXt", XMP_KEY.encode() + b"\x00\x00\x00\x00\x00" + photo.xmp))
    if photo.iptc:
        chunks.append(png_chunk(b"tEXt", IPTC_KEY.encode() + b"\x00" + raw_profile(photo.iptc).encode()))
    chunks += png_text_chunks(photo.texts)
    header_end = 8 + 25  # signature and IHDR
    stream.write(data[:header_end] + b"".join(chunks))
    stream.write(data[header_end:])


def _encode_tiff(photo: Photo, stream: BinaryIO, quality: int) -> None:
    del quality
    planes = _stack(photo)
    tags, directories = tiff_tags(with_description(photo.exif, photo.texts)[0])
    if photo.xmp:
        tags.append((700, 1, len(photo.xmp), photo.xmp, True))
    if photo.iptc:
        tags.append((33723, 7, len(photo.iptc), photo.iptc, True))
    extras = ["unassalpha"] * (photo.alpha is not None) + ["unspecified"] * (photo.infrared is not None)
    compression = {"none": None, "lzw": "lzw", "zstd": "zstd"}.get(photo.compression, "zlib")
    big = planes.nbytes > BIG_TIFF_BYTES
    with _with_reason(stream):
        tifffile.imwrite(
            stream,
            planes,
            bigtiff=big,
            byteorder="<",
            photometric="rgb" if photo.pixels.ndim == 3 else "minisblack",
            planarconfig="contig" if planes.ndim == 3 else None,
            extrasamples=extras or None,
            compression=compression,
            predictor=compression is not None,
            rowsperstrip=max(1, min(photo.height, (1 << 20) // max(1, planes[0].nbytes))),
            resolution=photo.dpi,
            resolutionunit="INCH" if photo.dpi else None,
            iccprofile=photo.icc,
            software=False if any(tag[0] == SOFTWARE for tag in tags) else "Restorer",
            metadata=None,
            extratags=tags,
            maxworkers=1,
        )
    _append_directories(stream, directories)


@contextlib.contextmanager
def _with_reason(stream: BinaryIO) -> Iterator[None]:
    """Where numpy tells that it could not write all, but not why, the system does when it is asked again."""
    try:
        yield
    except OSError as error:
        if error.errno is None:
            stream.seek(0, os.SEEK_END)
            stream.write(bytes(1 << 20))
            stream.flush()
        raise


def _append_directories(stream: BinaryIO, directories: dict[int, ImageFileDirectory_v2]) -> None:
    """Put EXIF and GPS directories at the end of a finished TIFF and turn their placeholders into pointers
    to them."""
    for ifd, directory in directories.items():
        end = stream.seek(0, os.SEEK_END)
        offset = end + end % 2
        stream.write(b"\x00" * (end % 2) + directory.tobytes(offset))
        stream.seek(0)
        with tifffile.TiffFile(stream) as tiff:
            tag = tiff.pages.first.tags[PLACEHOLDER[ifd]]
            entry, value = tag.offset, tag.valueoffset
        stream.seek(entry)
        stream.write(struct.pack("<H", ifd))
        stream.seek(value)
        stream.write(struct.pack("<I", offset))


def _with_pillow(kind: str) -> Callable[[Photo, BinaryIO, int], None]:
    def encode(photo: Photo, stream: BinaryIO, quality: int) -> None:
        image = Image.fromarray(np.ascontiguousarray(_stack(photo)))
        options: dict[str, object] = {}
        if kind == "JPEG":
            options |= {"quality": quality, "subsampling": 0}
            options["extra"] = photo_iptc(photo) + jpeg_comments(photo.texts)
        elif kind == "WEBP":
            options |= {"lossless": True, "exact": True, "quality": 75, "method": 4}
        elif kind == "HEIC":
            options |= {"quality": quality, "chroma": 444}
        if photo.dpi and kind == "JPEG":
            options["dpi"] = photo.dpi
        exif = photo.exif
        if kind in ("WEBP", "HEIC"):
            exif, _ = exif_for_all(exif, photo.dpi, photo.iptc)
            exif, _ = with_description(exif, photo.texts)
        icc = photo.icc
        if icc and is_grey(icc) and (kind == "WEBP" or image.mode == "LA"):  # these are written as RGB
            icc = rgb_profile_of_grey(icc)
        xmp = upright_xmp(photo.xmp) if photo.xmp and kind == "HEIC" else photo.xmp  # or its writer turns it
        for name, value in (("icc_profile", icc), ("xmp", xmp)):
            if value:
                options[name] = value
        if exif:
            options["exif"] = EXIF_PREFIX + exif
        packed = BytesIO()  # of a file, Pillow would not tell why it takes no more
        image.save(packed, "HEIF" if kind == "HEIC" else kind, **options)
        room = max(1 << 16, photo.height * photo.width * (2 if quality >= 95 else 1))
        # The best Huffman tables save a tenth to a quarter, but Pillow has only that much room for them.
        if kind == "JPEG" and packed.tell() < room:
            packed = BytesIO()
            image.save(packed, kind, optimize=True, **options)
        stream.write(packed.getbuffer())

    return encode


def _encode_bmp(photo: Photo, stream: BinaryIO, quality: int) -> None:
    del quality
    plain = BytesIO()
    options = {"dpi": photo.dpi} if photo.dpi else {}
    Image.fromarray(np.ascontiguousarray(_stack(photo))).save(plain, "BMP", **options)
    data = plain.getvalue()
    stream.write(bmp_with_profile(data, photo.icc) if photo.icc else data)


def photo_iptc(photo: Photo) -> bytes:
    """The IPTC of a photo as a JPEG segment; what does not fit into one is left out."""
    return photoshop_block(photo.iptc) if photo.iptc and len(photo.iptc) < 65000 else b""


_ENCODERS: dict[str, Callable[[Photo, BinaryIO, int], None]] = {
    "PNG": _encode_png,
    "TIFF": _encode_tiff,
    "JPEG": _with_pillow("JPEG"),
    "WEBP": _with_pillow("WEBP"),
    "BMP": _encode_bmp,
    "HEIC": _with_pillow("HEIC"),
}


def encode_into(photo: Photo, stream: BinaryIO, kind: str, quality: int = 95) -> None:
    """Encode without checks and without a file, for measuring sizes."""
    _ENCODERS[kind](photo, stream, quality)


def _compare(photo: Photo, written: Path, kind: str) -> None:
    """Decode what was written; lossless formats must give the same planes to the bit.

    Raises:
        OutputError: they do not.
    """
    broken = OutputError(
        "What was written could not be read back correctly, so it was not kept.", "Try another format."
    )
    try:
        again = open_photo(written)
    except InputError as error:
        raise broken from error
    nothing = again.alpha is None and not photo.is_transparent  # WebP leaves out what says nothing
    alpha = None if nothing else photo.alpha
    for mine, theirs in zip(
        (photo.pixels, alpha, photo.infrared), (again.pixels, again.alpha, again.infrared), strict=True
    ):
        if mine is None and theirs is None:
            continue
        if mine is None or theirs is None or mine.ndim > theirs.ndim or mine.shape[:2] != theirs.shape[:2]:
            raise broken
        if not _same(mine, theirs, kind in LOSSY):
            raise broken


def _same(mine: Pixels, theirs: Pixels, lossy: bool) -> bool:
    if mine.ndim == 2 and theirs.ndim == 3:  # some formats have no grey
        theirs = theirs[..., 0]
    if not lossy:
        strips = range(0, mine.shape[0], 512)
        return mine.dtype == theirs.dtype and all(
            np.array_equal(mine[y : y + 512], theirs[y : y + 512]) for y in strips
        )
    differences = [
        np.abs(mine[y : y + 512].astype(np.int16) - theirs[y : y + 512]).mean()
        for y in range(0, mine.shape[0], 512)
    ]
    return float(np.mean(differences)) < 16
