"""The kit that forms are composed of: state, fields, panels, workers, and the widget `Form`."""
