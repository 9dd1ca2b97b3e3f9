"""Every action, menu and tool bar as tables."""
