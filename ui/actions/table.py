"""Every action as data: id, text, keys, icon, help."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ActionSpec:
    """One action.

    Attributes:
        id: stable name.
        text: in menus, with its mnemonic.
        keys: shortcuts, the first is shown.
        icon: in `resources/icons`; empty = none.
        help: one sentence for tool tip and status bar.
        group: actions of one group are exclusive and checkable.
        checkable: stays pressed.
        local: the keys work while the photograph has the focus; elsewhere they belong to sliders and lists.
        hold: the key works while it is held; the window handles it.
        needs: what must be there, see `ui.window.main_window`: "photo", "mask", "mask or repairs",
            "repairs", "undo", "redo", "idle", "busy", "infrared", "files".
    """

    id: str
    text: str
    keys: tuple[str, ...] = ()
    icon: str = ""
    help: str = ""
    group: str = ""
    checkable: bool = False
    local: bool = False
    hold: bool = False
    needs: tuple[str, ...] = ()


def QT_TRANSLATE_NOOP(_context: str, text: str) -> str:  # the name that lupdate looks for
    """Mark a text of a table for translation."""
    return text


ACTIONS: tuple[ActionSpec, ...] = (
    ActionSpec(
        "open",
        QT_TRANSLATE_NOOP("Actions", "&Open…"),
        ("Ctrl+O",),
        "open",
        QT_TRANSLATE_NOOP("Actions", "Open photographs"),
    ),
    ActionSpec(
        "open_folder",
        QT_TRANSLATE_NOOP("Actions", "Open &folder…"),
        ("Ctrl+Shift+O",),
        "folder",
        QT_TRANSLATE_NOOP("Actions", "Open all photographs of a folder"),
    ),
    ActionSpec(
        "paste",
        QT_TRANSLATE_NOOP("Actions", "&Paste picture"),
        ("Ctrl+V",),
        "paste",
        QT_TRANSLATE_NOOP("Actions", "Open the picture or the files of the clipboard"),
    ),
    ActionSpec(
        "save",
        QT_TRANSLATE_NOOP("Actions", "&Save project"),
        ("Ctrl+S",),
        "save",
        QT_TRANSLATE_NOOP("Actions", "Save masks, repairs and settings, to go on at another time"),
        needs=("photo",),
    ),
    ActionSpec(
        "save_as",
        QT_TRANSLATE_NOOP("Actions", "Sa&ve project as…"),
        ("Ctrl+Shift+S",),
        help=QT_TRANSLATE_NOOP("Actions", "Save the project under another name"),
        needs=("photo",),
    ),
    ActionSpec(
        "export",
        QT_TRANSLATE_NOOP("Actions", "&Export…"),
        ("Ctrl+E",),
        "export",
        QT_TRANSLATE_NOOP("Actions", "Write the repaired photograph into a new file"),
        needs=("photo", "idle"),
    ),
    ActionSpec(
        "batch",
        QT_TRANSLATE_NOOP("Actions", "&Batch…"),
        ("Ctrl+B",),
        "batch",
        QT_TRANSLATE_NOOP("Actions", "Repair many photographs and folders with one recipe"),
    ),
    ActionSpec(
        "close",
        QT_TRANSLATE_NOOP("Actions", "&Close photograph"),
        ("Ctrl+W",),
        "close",
        QT_TRANSLATE_NOOP("Actions", "Take the photograph out of the window"),
        needs=("photo",),
    ),
    ActionSpec(
        "settings",
        QT_TRANSLATE_NOOP("Actions", "Se&ttings…"),
        ("Ctrl+,",),
        "settings",
        QT_TRANSLATE_NOOP("Actions", "Theme, language, device"),
    ),
    ActionSpec(
        "quit",
        QT_TRANSLATE_NOOP("Actions", "&Quit"),
        ("Ctrl+Q",),
        "quit",
        QT_TRANSLATE_NOOP("Actions", "Stop all work and leave"),
    ),
    ActionSpec(
        "undo",
        QT_TRANSLATE_NOOP("Actions", "&Undo"),
        ("Ctrl+Z",),
        "undo",
        QT_TRANSLATE_NOOP("Actions", "Take back the last step"),
        needs=("undo",),
    ),
    ActionSpec(
        "redo",
        QT_TRANSLATE_NOOP("Actions", "&Redo"),
        ("Ctrl+Shift+Z", "Ctrl+Y"),
        "redo",
        QT_TRANSLATE_NOOP("Actions", "Do it again"),
        needs=("redo",),
    ),
    ActionSpec(
        "fit",
        QT_TRANSLATE_NOOP("Actions", "&Fit in window"),
        ("Ctrl+0",),
        "fit",
        QT_TRANSLATE_NOOP("Actions", "Show the whole photograph"),
        needs=("photo",),
    ),
    ActionSpec(
        "actual",
        QT_TRANSLATE_NOOP("Actions", "&Actual size"),
        ("Ctrl+1",),
        "actual",
        QT_TRANSLATE_NOOP("Actions", "One pixel of the photograph is one pixel of the screen"),
        needs=("photo",),
    ),
    ActionSpec(
        "zoom_in",
        QT_TRANSLATE_NOOP("Actions", "Zoom &in"),
        ("Ctrl++", "Ctrl+="),
        "zoom-in",
        QT_TRANSLATE_NOOP("Actions", "Look closer"),
        needs=("photo",),
    ),
    ActionSpec(
        "zoom_out",
        QT_TRANSLATE_NOOP("Actions", "Zoom &out"),
        ("Ctrl+-",),
        "zoom-out",
        QT_TRANSLATE_NOOP("Actions", "See more"),
        needs=("photo",),
    ),
    ActionSpec(
        "rotate_left",
        QT_TRANSLATE_NOOP("Actions", "Turn view &left"),
        ("Ctrl+Left",),
        "rotate-left",
        QT_TRANSLATE_NOOP("Actions", "Turn the view, not the photograph"),
        needs=("photo",),
    ),
    ActionSpec(
        "rotate_right",
        QT_TRANSLATE_NOOP("Actions", "Turn view &right"),
        ("Ctrl+Right",),
        "rotate-right",
        QT_TRANSLATE_NOOP("Actions", "Turn the view, not the photograph"),
        needs=("photo",),
    ),
    ActionSpec(
        "overlay",
        QT_TRANSLATE_NOOP("Actions", "Show &mask"),
        ("Q",),
        "overlay",
        QT_TRANSLATE_NOOP("Actions", "Show or hide what is marked as damaged"),
        checkable=True,
        needs=("photo",),
    ),
    ActionSpec(
        "compare_split",
        QT_TRANSLATE_NOOP("Actions", "&Split view"),
        ("Y",),
        "split",
        QT_TRANSLATE_NOOP("Actions", "Before and after with a slider between them"),
        group="compare",
        needs=("photo",),
    ),
    ActionSpec(
        "compare_side",
        QT_TRANSLATE_NOOP("Actions", "Side &by side"),
        ("Shift+Y",),
        "side",
        QT_TRANSLATE_NOOP("Actions", "Before and after beside each other"),
        group="compare",
        needs=("photo",),
    ),
    ActionSpec(
        "original",
        QT_TRANSLATE_NOOP("Actions", "Ori&ginal (hold)"),
        ("\\",),
        "original",
        QT_TRANSLATE_NOOP("Actions", "Show the photograph as it was while the key is held"),
        group="compare",
        hold=True,
        needs=("photo",),
    ),
    ActionSpec(
        "previous_photo",
        QT_TRANSLATE_NOOP("Actions", "&Previous photograph"),
        ("Left",),
        "previous",
        QT_TRANSLATE_NOOP("Actions", "Go to the photograph before this one"),
        local=True,
        needs=("files",),
    ),
    ActionSpec(
        "next_photo",
        QT_TRANSLATE_NOOP("Actions", "&Next photograph"),
        ("Right",),
        "next",
        QT_TRANSLATE_NOOP("Actions", "Go to the next photograph"),
        local=True,
        needs=("files",),
    ),
    ActionSpec(
        "find",
        QT_TRANSLATE_NOOP("Actions", "&Find damage"),
        ("Ctrl+D",),
        "find",
        QT_TRANSLATE_NOOP("Actions", "Search for scratches, dust, creases and stains"),
        needs=("photo", "idle"),
    ),
    ActionSpec(
        "repair",
        QT_TRANSLATE_NOOP("Actions", "&Repair"),
        ("Ctrl+R",),
        "repair",
        QT_TRANSLATE_NOOP("Actions", "Fill what is marked; nothing else changes"),
        needs=("mask or repairs", "idle"),
    ),
    ActionSpec(
        "again",
        QT_TRANSLATE_NOOP("Actions", "Fill this spot &differently…"),
        ("Ctrl+Shift+R",),
        "candidates",
        QT_TRANSLATE_NOOP("Actions", "Several fills of one repaired spot side by side, to choose from"),
        needs=("repairs", "idle"),
    ),
    ActionSpec(
        "next_spot",
        QT_TRANSLATE_NOOP("Actions", "Ne&xt repaired spot"),
        ("N",),
        "next-spot",
        QT_TRANSLATE_NOOP("Actions", "Look at the next place that was filled"),
        needs=("repairs",),
    ),
    ActionSpec(
        "previous_spot",
        QT_TRANSLATE_NOOP("Actions", "Pre&vious repaired spot"),
        ("Shift+N",),
        "previous-spot",
        QT_TRANSLATE_NOOP("Actions", "Look at the place that was filled before this one"),
        needs=("repairs",),
    ),
    ActionSpec(
        "cancel",
        QT_TRANSLATE_NOOP("Actions", "&Cancel"),
        ("Esc",),
        "cancel",
        QT_TRANSLATE_NOOP("Actions", "Stop what is running; nothing is changed"),
        needs=("busy",),
    ),
    ActionSpec(
        "mask_import",
        QT_TRANSLATE_NOOP("Actions", "&Import mask…"),
        (),
        "import",
        QT_TRANSLATE_NOOP("Actions", "Mark what a black and white picture of the same size marks"),
        needs=("photo", "idle"),
    ),
    ActionSpec(
        "mask_export",
        QT_TRANSLATE_NOOP("Actions", "E&xport mask…"),
        (),
        "export",
        QT_TRANSLATE_NOOP("Actions", "Write the mask as a black and white picture"),
        needs=("mask", "idle"),
    ),
    ActionSpec(
        "infrared",
        QT_TRANSLATE_NOOP("Actions", "Mask from in&frared"),
        (),
        "infrared",
        QT_TRANSLATE_NOOP("Actions", "Mark what the scanner's infrared channel shows as dust and scratches"),
        needs=("infrared", "idle"),
    ),
    ActionSpec(
        "mask_grow",
        QT_TRANSLATE_NOOP("Actions", "&Grow mask"),
        ("Ctrl+G",),
        "grow",
        QT_TRANSLATE_NOOP("Actions", "A wider rim around everything marked"),
        needs=("mask",),
    ),
    ActionSpec(
        "mask_shrink",
        QT_TRANSLATE_NOOP("Actions", "&Shrink mask"),
        ("Ctrl+Shift+G",),
        "shrink",
        QT_TRANSLATE_NOOP("Actions", "A narrower rim"),
        needs=("mask",),
    ),
    ActionSpec(
        "mask_invert",
        QT_TRANSLATE_NOOP("Actions", "In&vert mask"),
        ("Ctrl+I",),
        "invert",
        QT_TRANSLATE_NOOP("Actions", "Mark what is not marked, and the other way round"),
        needs=("photo",),
    ),
    ActionSpec(
        "mask_clear",
        QT_TRANSLATE_NOOP("Actions", "&Clear mask"),
        ("Ctrl+Shift+D",),
        "clear",
        QT_TRANSLATE_NOOP("Actions", "Mark nothing"),
        needs=("mask",),
    ),
    ActionSpec(
        "brush_smaller",
        QT_TRANSLATE_NOOP("Actions", "Brush s&maller"),
        ("[",),
        "",
        QT_TRANSLATE_NOOP("Actions", "Ctrl and the wheel do the same"),
        needs=("photo",),
    ),
    ActionSpec(
        "brush_larger",
        QT_TRANSLATE_NOOP("Actions", "Br&ush larger"),
        ("]",),
        "",
        QT_TRANSLATE_NOOP("Actions", "Ctrl and the wheel do the same"),
        needs=("photo",),
    ),
    ActionSpec(
        "brush_softer",
        QT_TRANSLATE_NOOP("Actions", "Brush sof&ter"),
        ("{",),
        "",
        QT_TRANSLATE_NOOP("Actions", "A softer edge"),
        needs=("photo",),
    ),
    ActionSpec(
        "brush_harder",
        QT_TRANSLATE_NOOP("Actions", "Brush har&der"),
        ("}",),
        "",
        QT_TRANSLATE_NOOP("Actions", "A sharper edge"),
        needs=("photo",),
    ),
    ActionSpec("tool_pan", QT_TRANSLATE_NOOP("Actions", "&Pan"), ("H",), "pan", group="tools"),
    ActionSpec("tool_brush", QT_TRANSLATE_NOOP("Actions", "&Brush"), ("B",), "brush", group="tools"),
    ActionSpec("tool_eraser", QT_TRANSLATE_NOOP("Actions", "&Eraser"), ("E",), "eraser", group="tools"),
    ActionSpec("tool_line", QT_TRANSLATE_NOOP("Actions", "&Line"), ("U",), "line", group="tools"),
    ActionSpec("tool_lasso", QT_TRANSLATE_NOOP("Actions", "L&asso"), ("L",), "lasso", group="tools"),
    ActionSpec(
        "tool_rectangle", QT_TRANSLATE_NOOP("Actions", "&Rectangle"), ("M",), "rectangle", group="tools"
    ),
    ActionSpec(
        "tool_follow", QT_TRANSLATE_NOOP("Actions", "&Follow scratch"), ("F",), "follow", group="tools"
    ),
    ActionSpec("tool_region", QT_TRANSLATE_NOOP("Actions", "Re&gions"), ("R",), "region", group="tools"),
    ActionSpec("tool_protect", QT_TRANSLATE_NOOP("Actions", "Pr&otect"), ("P",), "protect", group="tools"),
    ActionSpec(
        "key_pointer",
        QT_TRANSLATE_NOOP("Actions", "Pointer by &keyboard"),
        ("K",),
        "",
        QT_TRANSLATE_NOOP("Actions", "Paint and click without a mouse: arrows, Space and Enter"),
        needs=("photo",),
    ),
    ActionSpec("train", QT_TRANSLATE_NOOP("Actions", "&Train on own photographs…"), ("Ctrl+T",), "repair"),
    ActionSpec("models", QT_TRANSLATE_NOOP("Actions", "Model &library…"), ("Ctrl+L",), "overlay"),
    ActionSpec("compare_models", QT_TRANSLATE_NOOP("Actions", "&Compare two models…"), (), "side"),
    ActionSpec(
        "keys",
        QT_TRANSLATE_NOOP("Actions", "&Keys"),
        ("F1",),
        "keys",
        QT_TRANSLATE_NOOP("Actions", "All keys on one sheet"),
    ),
    ActionSpec(
        "logs",
        QT_TRANSLATE_NOOP("Actions", "Open &log folder"),
        (),
        "folder",
        QT_TRANSLATE_NOOP("Actions", "For reporting a fault"),
    ),
    ActionSpec(
        "about",
        QT_TRANSLATE_NOOP("Actions", "&About Restorer"),
        (),
        "info",
        QT_TRANSLATE_NOOP("Actions", "Version and licences"),
    ),
)
