"""Noise, band-pass filters, filter banks and the synthesis of clips from them."""
