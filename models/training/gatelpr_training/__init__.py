"""Renders, trains, evaluates and exports the plate detector and the plate reader of gatelpr."""
